/* SPDX-License-Identifier: MIT
 *
 * `espy up --json`: the same, for a program.  The keys never change their
 * meaning; new ones may come.
 */
#include "up.h"
#include "board_report.h"

static void add_image(cJSON *root, const espy_up *up)
{
    uint8_t digest[32];
    cJSON *image = espy_json_object(root, "image");
    espy_image_sha256(&up->image, digest);
    espy_json_string(image, "file", up->file != NULL ? up->file : up->fetched.path);
    espy_json_hex(image, "sha256", digest, sizeof digest);
    espy_json_string(image, "version", espy_up_image_version(up));
    espy_json_string(image, "variant", up->image.micropython.variant);
    espy_json_number(image, "size", up->image.size);
    espy_json_bool(image, "fitted", up->fit.changed);
}

static void add_seconds(cJSON *root, const espy_up_seconds *s)
{
    cJSON *seconds = espy_json_object(root, "seconds");
    espy_json_seconds(seconds, "connect", s->connect);
    espy_json_seconds(seconds, "erase", s->erase);
    espy_json_seconds(seconds, "write", s->write);
    espy_json_seconds(seconds, "verify", s->verify);
    espy_json_seconds(seconds, "boot", s->boot);
    espy_json_seconds(seconds, "total", s->total);
}

static void add_python(cJSON *root, const espy_repl_proof *proof)
{
    cJSON *python = espy_json_object(root, "micropython");
    espy_json_string(python, "banner", proof->banner);
    espy_json_string(python, "version", proof->version);
    espy_json_string(python, "machine", proof->machine);
    espy_json_number(python, "mem_free", proof->mem_free);
    espy_json_number(python, "flash_size", proof->flash_size);
    espy_json_number(python, "fs_bytes", proof->fs_bytes);
}

espy_status espy_up_json(const espy_up *up)
{
    cJSON *root = cJSON_CreateObject();
    espy_json_string(root, "port", up->board.link->name);
    espy_json_board(root, &up->board.info);
    add_image(root, up);
    cJSON *bytes = espy_json_object(root, "bytes");
    espy_json_number(bytes, "image", up->stats.bytes_image);
    espy_json_number(bytes, "sent", up->stats.bytes_sent);
    add_seconds(root, &up->seconds);
    add_python(root, &up->proof);
    return espy_json_print(up->cli, root);
}
