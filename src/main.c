// SPDX-License-Identifier: GPL-3.0-or-later
// The whole program: read the options, create the session, run the commands, report the last error.
// The same program is also the process that downloads debug files; obj/download.h says how it is
// started for that.
#include "config.h"

#include "base/log.h"
#include "console/options.h"
#include "console/run.h"
#include "obj/download.h"
#include "supervisor/session.h"

#include <string.h>

int main(int argc, char **argv)
{
	struct session *session = NULL;
	struct options options = {0};
	int status = EXIT_ERROR;
	struct err *err;

	if (argc == 3 && strcmp(argv[1], DOWNLOAD_WORD) == 0)
		return download_main(argv[2]);
	log_init();
	err = options_parse(argc, argv, &options);
	if (!err && options.mode == MODE_NONE) {
		status = EXIT_OK;
	} else if (!err) {
		// This forks the tracer. The tracer must stay small, so nothing large may be
		// allocated before.
		err = session_create(&options.session, &session);
		if (!err)
			status = run_session(session, &options);
		session_destroy(session);
	} else if (err->code == ERR_USAGE) {
		status = EXIT_USAGE;
	}
	options_deinit(&options);
	if (err) {
		log_error("%s", err_text(err));
		err_destroy(err);
	}
	return status;
}
