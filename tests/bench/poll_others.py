"""How people watch studies without trialwatch, for tests/bench/poll: urlwatch with a job a study, and a script of curl, jq
and git."""

import os
import resource
import shutil
import subprocess

# urlwatch's fastest way of not being told of every refresh: the date is cut out of the text, no JSON is read.
HOOKS = '''
import re
from urlwatch import filters

class WithoutHolder(filters.FilterBase):
    """Cuts the day of the refresh out of a record."""
    __kind__ = "without-holder"

    def filter(self, data, subfilter):
        return re.sub(r'"versionHolder": ?"[^"]*"', "", data)
'''

SCRIPT = r'''
set -e
cd "$1"
[ -d .git ] || git init -q .
xargs -n 600 <ids | tr ' ' , | while read -r ids; do
    curl -sS --compressed "$2/studies?pageSize=1000&filter.ids=$ids" |
        jq -c '.studies[] | del(.derivedSection.miscInfoModule.versionHolder)' >>page.new
done
awk '{ if (match($0, /"nctId":"NCT[0-9]+"/)) print > (substr($0, RSTART + 9, 11) ".json") }' page.new
rm page.new
git add -- *.json
git -c user.name=bench -c user.email=bench@example.org commit -q -m refresh || true
git diff --name-only HEAD~1 2>/dev/null >changed || true
'''


def child_cpu_seconds(arguments, environment=None):
    """Of a program and all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Urlwatch:
    name, program = "urlwatch", "urlwatch"

    def __init__(self, place, published):
        place.mkdir()
        (place / "hooks.py").write_text(HOOKS, encoding="utf-8")
        (place / "config.yaml").write_text("display: {empty-diff: true}\nreport: {stdout: {enabled: true}}\n",
                                           encoding="utf-8")
        jobs = (f"name: {nct_id}\nurl: {published.url}/studies/{nct_id}\nfilter:\n  - without-holder:\n"
                for nct_id in published.ids)
        (place / "urls.yaml").write_text("---\n".join(jobs), encoding="utf-8")
        self.arguments = ["urlwatch", "--urls", place / "urls.yaml", "--config", place / "config.yaml",
                          "--hooks", place / "hooks.py", "--cache", place / "cache.db"]
        self.environment = {**os.environ, "HOME": str(place)}

    def look(self):
        return child_cpu_seconds(self.arguments, self.environment)


class Script:
    name, program = "curl, jq, git", "jq"

    def __init__(self, place, published):
        place.mkdir()
        (place / "ids").write_text("\n".join(published.ids) + "\n", encoding="ascii")
        self.arguments = ["bash", "-c", SCRIPT, "script", str(place), published.url]

    def look(self):
        return child_cpu_seconds(self.arguments)


def available():
    return [other for other in (Urlwatch, Script) if shutil.which(other.program)]
