EXTRA_DIST += %D%/packages.sh
