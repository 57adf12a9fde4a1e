/* SPDX-License-Identifier: MIT
 *
 * `espy up --json`: the same, for a program.  The keys never change their
 * meaning; new ones may come.
 */
#include "up.h"
#include "json.h"

#include <stdio.h>

/* "quad", "octal", or null where there is no such memory. */
static const char *mode(espy_width width)
{
    return width == ESPY_WIDTH_NONE ? NULL : espy_width_name(width);
}

static void add_chip(cJSON *root, const espy_board *b)
{
    char text[32];
    cJSON *chip = espy_json_object(root, "chip");
    espy_json_string(chip, "name", b->chip);
    snprintf(text, sizeof text, "%u.%u", b->revision_major, b->revision_minor);
    espy_json_string(chip, "revision", text);
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", b->mac[0], b->mac[1], b->mac[2], b->mac[3], b->mac[4],
             b->mac[5]);
    espy_json_string(chip, "mac", text);
    cJSON *flash = espy_json_object(chip, "flash");
    espy_json_number(flash, "size", b->flash.size);
    /* Manufacturer first, as data sheets print the answer to command 9Fh. */
    snprintf(text, sizeof text, "%02x%02x%02x", b->flash.id & 0xFFu, b->flash.id >> 8 & 0xFFu,
             b->flash.id >> 16 & 0xFFu);
    espy_json_string(flash, "id", text);
    espy_json_string(flash, "mode", mode(b->flash.width));
    cJSON *psram = espy_json_object(chip, "psram");
    espy_json_number(psram, "size", b->psram.size);
    espy_json_string(psram, "mode", b->psram.size > 0 ? mode(b->psram.width) : NULL);
}

static void add_image(cJSON *root, const espy_up *up)
{
    cJSON *image = espy_json_object(root, "image");
    espy_json_string(image, "file", up->file != NULL ? up->file : up->fetched.path);
    espy_json_hex(image, "sha256", up->image.sha256, sizeof up->image.sha256);
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
    add_chip(root, &up->board.info);
    add_image(root, up);
    cJSON *bytes = espy_json_object(root, "bytes");
    espy_json_number(bytes, "image", up->stats.bytes_image);
    espy_json_number(bytes, "sent", up->stats.bytes_sent);
    add_seconds(root, &up->seconds);
    add_python(root, &up->proof);
    return espy_json_print(up->cli, root);
}
