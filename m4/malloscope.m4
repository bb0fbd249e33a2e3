# SPDX-License-Identifier: GPL-3.0-or-later

# MALLOSCOPE_C_FLAGS(VARIABLE, FLAGS): append to VARIABLE those FLAGS that the C compiler takes
# without a word.
AC_DEFUN([MALLOSCOPE_C_FLAGS], [
	ms_saved_CFLAGS=$CFLAGS
	for ms_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC accepts $ms_flag])
		CFLAGS="$ms_saved_CFLAGS -Werror $ms_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM], [
			AC_MSG_RESULT([yes])
			$1="$$1 $ms_flag"
		], [AC_MSG_RESULT([no])])
	done
	CFLAGS=$ms_saved_CFLAGS
])

# MALLOSCOPE_MISSING(WHAT, DEBIAN-PACKAGE, FEDORA-PACKAGE): remember it, so that one message can
# name everything.
AC_DEFUN([MALLOSCOPE_MISSING], [
	ms_missing="$ms_missing${ms_missing:+, }$1"
	ms_debian="$ms_debian $2"
	ms_fedora="$ms_fedora $3"
])

# MALLOSCOPE_MISSING_REPORT: end with one error if anything was missing.
AC_DEFUN([MALLOSCOPE_MISSING_REPORT], [
	AS_IF([test -n "$ms_missing"], [AC_MSG_ERROR([missing: $ms_missing
  Debian, Ubuntu:  apt-get install$ms_debian
  Fedora:          dnf install$ms_fedora])])
])
