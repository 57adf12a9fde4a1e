/* SPDX-License-Identifier: MIT
 *
 * A program into the chip's RAM, through the ROM's MEM commands ("Serial Protocol",
 * esptool documentation).
 */
#include "flasher.h"

enum { BLOCK = ESPY_LOADER_BLOCK_MAX, LAST_REPLY_MS = 200 };

static espy_status load(espy_flasher *flasher, const espy_ram_part *part, espy_err *err)
{
    uint32_t blocks = (part->size + BLOCK - 1) / BLOCK;
    espy_loader_reply reply;
    espy_loader_request request = espy_loader_mem_begin(part->size, blocks, BLOCK, part->addr);
    espy_status st = espy_session_request(&flasher->session, &request, ESPY_COMMAND_MS, &reply, err);
    for (uint32_t i = 0; i < blocks && st == ESPY_OK; i++) {
        uint32_t at = i * BLOCK, left = part->size - at;
        request = espy_loader_mem_data(i, part->bytes + at, left < BLOCK ? left : BLOCK);
        st = espy_session_request(&flasher->session, &request, ESPY_COMMAND_MS, &reply, err);
    }
    return st == ESPY_OK
               ? st
               : espy_context(err, "loading 0x%x bytes to RAM at 0x%x", (unsigned)part->size, (unsigned)part->addr);
}

espy_status espy_flasher_run_ram(espy_flasher *flasher, const espy_ram_part *parts, size_t n, uint32_t entry,
                                 espy_err *err)
{
    espy_loader_request request = espy_loader_mem_end(entry);
    espy_loader_reply reply;
    espy_err why = {0};
    if (flasher->stub.running)
        return espy_fail(err, ESPY_E_ARG, "the stub runs in the RAM that a program is to be loaded into");
    espy_status st = ESPY_OK;
    for (size_t i = 0; i < n && st == ESPY_OK; i++)
        st = load(flasher, &parts[i], err);
    if (st != ESPY_OK)
        return st;
    st = espy_session_request(&flasher->session, &request, LAST_REPLY_MS, &reply, &why);
    if (st != ESPY_OK && !espy_session_transient(&why))
        return espy_pass(err, st, &why);
    return ESPY_OK;
}
