/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C, SIGTERM and SIGHUP: the first asks the command to stop at the next safe point,
 * the second ends the program at once.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t cancelled;

static void on_signal(int number)
{
    (void)number;
    cancelled = 1;
}

bool espy_cli_cancelled(void *unused)
{
    (void)unused;
    return cancelled != 0;
}

void espy_cli_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* the second one has its default effect */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void espy_cli_ignore_pipes(void)
{
    signal(SIGPIPE, SIG_IGN);
}
