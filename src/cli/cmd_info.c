/* SPDX-License-Identifier: MIT
 *
 * `espy info`: the chip, what is around it, what is locked, and what its flash would boot.
 * Nothing is written, and the board runs on afterwards.
 */
#include "info.h"

#include <stdlib.h>

const espy_option espy_info_options[] = {
    ESPY_BOARD_OPTIONS,
    ESPY_BOARD_STAY_OPTION,
    {0, NULL, NULL, NULL},
};

static espy_status read_flash(void *user, uint32_t addr, uint8_t *bytes, size_t n, espy_err *err)
{
    espy_info *info = user;
    info->flash_read += n;
    return espy_flasher_read(info->board.flasher, addr, bytes, n, err);
}

/* The stub reads by the flash chip's own commands, and the ROM no farther than 16 MB. */
static espy_status survey(espy_info *info)
{
    enum { ROM_REACH = 16 << 20 };
    espy_board_session *s = &info->board;
    uint32_t size = s->info.flash.size;
    bool all = espy_flasher_has_stub(s->flasher) || size <= ROM_REACH;
    espy_flash_reader flash = {read_flash, info, size, all ? size : ROM_REACH};
    info->unreadable = s->info.secure_download    ? "secure download mode reads no flash"
                       : s->info.flash_encryption ? "the flash is encrypted"
                       : size == 0                ? "no flash answers"
                                                  : NULL;
    if (info->unreadable != NULL)
        return ESPY_OK;
    espy_progress_begin(&s->progress, s->cli, "read", 0);
    espy_status st = espy_survey_flash(&info->survey, &flash, &s->cli->err);
    if (st != ESPY_OK)
        return st;
    char text[32];
    espy_progress_end(&s->progress, espy_size_text(info->flash_read, text, sizeof text));
    espy_info_judge(info);
    return ESPY_OK;
}

static espy_status look(espy_info *info)
{
    espy_board_session *s = &info->board;
    espy_status st = espy_board_open(s);
    if (st == ESPY_OK)
        st = espy_board_connect(s);
    if (st == ESPY_OK)
        st = espy_flasher_security(s->flasher, &info->security, &s->cli->err);
    if (st == ESPY_OK)
        st = survey(info);
    return espy_board_leave(s, st);
}

static espy_status run(espy_info *info, int argc, char **argv)
{
    espy_cli *cli = info->board.cli;
    espy_args args = {.cli = cli, .table = espy_info_options, .argc = argc, .argv = argv};
    while (espy_args_next(&args) == ESPY_OK && args.id != 0)
        espy_board_option(&info->board, args.id, args.value);
    if (cli->err.status != ESPY_OK || cli->help)
        return cli->err.status;
    if (args.operands > 0)
        return espy_usage(cli, "info", "info takes no file: %s is for `espy image show`", argv[1]);
    espy_status st = look(info);
    if (st == ESPY_OK && cli->json)
        return espy_info_json(info);
    if (st == ESPY_OK)
        espy_info_report(info);
    return st;
}

int espy_cmd_info(espy_cli *cli, int argc, char **argv)
{
    espy_info *info = calloc(1, sizeof *info);
    if (info == NULL)
        return (int)espy_fail(&cli->err, ESPY_E_MEMORY, "no memory to begin with");
    info->board = (espy_board_session){.cli = cli, .command = "info"};
    espy_status st = run(info, argc, argv);
    espy_board_close(&info->board);
    free(info);
    return (int)st;
}
