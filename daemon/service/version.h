/* The version that all programs print. The build gives it: -DPACKAGE_VERSION. */
#pragma once

#ifdef PACKAGE_VERSION
#define TRIALWATCH_VERSION PACKAGE_VERSION
#else
#define TRIALWATCH_VERSION "unversioned"
#endif
