/* What is taken in between two commits is one transaction: the disk takes longer to keep a record than we to read it.
 */
#include "registry/intake_parts.h"

int intake_need_transaction(struct intake *intake, struct error *e)
{
    if (intake->writes)
        return 0;
    int r = store_begin(intake->store, e);
    intake->writes = r == 0;
    return r;
}

int intake_commit(struct intake *intake, struct error *e)
{
    if (!intake->writes)
        return 0;
    intake->writes = false;
    return store_commit(intake->store, e);
}
