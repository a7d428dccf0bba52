/* The events that an operator cares about: one message id each, explained by systemd/trialwatch.catalog
 * (`journalctl --catalog`). A new one is made with `systemd-id128 new` and gets its text in the catalog. */
#pragma once

#define EVENT_STARTED "01265bc064ad46efb30eb2e4aa4fde13"        /* the daemon runs: history open, sockets listening */
#define EVENT_STOPPED "f8c8a23f973d4d40bc7034cc9f056c87"        /* the daemon ends on request */
#define EVENT_CONFIG_REFUSED "9877592fd9674c04a3cc17839b773d54" /* the settings have mistakes */
#define EVENT_RELOADED "1e37532caec949e9adf79b8004261386"       /* new settings are in force */
#define EVENT_WATCH_ADDED "7e1df636a9da4c25a28d00b25ae187c2"    /* a watch was added at run time */
#define EVENT_WATCH_REMOVED "372fcbbc10c94ef9aa0c9a53baa25a64"  /* one that was added is removed */
#define EVENT_WATCH_PAUSED "fac0b429ede24f709eb4fc365bf49ff0"   /* a watch tells nobody from now on */
#define EVENT_WATCH_RESUMED "4e30934638fb438bb1238b4a5bcead05"  /* a paused watch tells again */
#define EVENT_REGISTRY_UNREADABLE "cbce0f1cbcec48f7b4a7f0114d4059db" /* a look at the registry failed */
#define EVENT_REGISTRY_WELL "f398072dc8014b3285c48d725aefdd21"       /* the registry answers again */
#define EVENT_STUDY_UNKNOWN "5c971bc4ce8c411698e982cfa35c5041"       /* the registry does not know a tracked id */
#define EVENT_STUDY_CHANGED "1ce27f8c49d34eb0aea65d5ef7ecfa6e"       /* a version with changes was stored */
#define EVENT_CHANGE "1c392bf8bf4e4e01b423645a509c2292"              /* one of its changes that is notable or urgent */
#define EVENT_ALERT_DELIVERED "b6474f00d91641ab9485bf9d72293930"     /* a channel took a message */
#define EVENT_ALERT_FAILED "4e734d7b97314ece8b9c65edbc917ce8"        /* a message was given up */
#define EVENT_CHANNEL_TROUBLE "478772180ea641588ab0402c5e2ada13"     /* a channel refuses for long, or needs a person */
#define EVENT_CHANNEL_WELL "d94623a874bc4f248205cc508f8a3440"        /* a channel accepts again */
#define EVENT_SURGE "a35c1a6e2d3f4b6f9d0b6f0f2c7c4a11"               /* very many studies changed alike */
#define EVENT_HISTORY_NOT_WRITABLE "7b3e0637d6584dc48b7b76d709d60688" /* a commit to the history failed */
#define EVENT_HISTORY_WRITABLE "43be7b45a7b64dfc9e68adce53888ace"     /* the history can be written again */
#define EVENT_LOOP_STALLED "ee65412eb1c84968aa813af085becf1f"         /* the event loop did not turn for too long */
#define EVENT_STUCK "c45d9aef0b1b4d96964625c2419b3b00"                /* the watchdog is refused */
#define EVENT_BACKUP_DONE "49f1192e1be54c93b929380326744284"          /* a copy of the history was written */
