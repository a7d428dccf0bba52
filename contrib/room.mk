EXTRA_DIST += \
	%D%/quickstart.sh \
	%D%/check.sh \
	%D%/packages.sh \
	%D%/packaging/build-deb.sh \
	%D%/packaging/trialwatch.spec
