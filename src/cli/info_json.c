/* SPDX-License-Identifier: MIT
 *
 * `espy info --json`: docs/INFO.md has the keys.  They never change their meaning; new ones
 * may come.
 */
#include "info.h"

#include "board_report.h"
#include "security_names.h"

static const char *content_name(espy_content content)
{
    static const char *const names[] = {
        [ESPY_CONTENT_BLANK] = "blank", [ESPY_CONTENT_FOUND] = "found", [ESPY_CONTENT_OTHER] = "other"};
    return names[content];
}

static void add_security(cJSON *root, const espy_security *s)
{
    cJSON *security = espy_json_object(root, "security");
    for (size_t i = 0; espy_security_flags[i].name != NULL; i++)
        espy_json_bool(security, espy_security_flags[i].name, espy_security_has(s, &espy_security_flags[i]));
    cJSON *keys = espy_json_array(security, "key_purposes");
    for (unsigned i = 0; i < ESPY_INFO_KEYS; i++)
        cJSON_AddItemToArray(keys, cJSON_CreateString(espy_key_purpose_name(s->key_purpose[i])));
}

static void add_bootloader(cJSON *firmware, const espy_survey *s)
{
    cJSON *boot = espy_json_object(firmware, "bootloader");
    espy_json_string(boot, "content", content_name(s->bootloader));
    if (s->bootloader != ESPY_CONTENT_FOUND)
        return;
    espy_json_string(boot, "chip", espy_image_chip_name(s->boot.chip_id));
    espy_json_number(boot, "flash_size", s->boot.flash_size);
    espy_json_string(boot, "flash_mode", espy_image_mode_name(s->boot.spi_mode));
    espy_json_string(boot, "flash_freq", espy_image_freq_name(s->boot.chip_id, s->boot.spi_freq));
    espy_json_string(boot, "idf", s->boot.idf);
    espy_json_string(boot, "built", s->boot.built);
}

static void add_table(cJSON *firmware, const espy_info *info)
{
    const espy_survey *s = &info->survey;
    cJSON *table = espy_json_object(firmware, "table");
    espy_json_string(table, "content", content_name(s->table_content));
    espy_json_number(table, "address", s->table_addr);
    cJSON *rows = espy_json_array(firmware, "partitions");
    for (size_t i = 0; s->table_content == ESPY_CONTENT_FOUND && i < s->rows.count; i++) {
        const espy_partition *p = &s->rows.row[i];
        char type[24], holds[100];
        cJSON *row = espy_json_item(rows);
        espy_json_string(row, "label", p->label);
        espy_json_string(row, "type", espy_partition_type_name(p, type, sizeof type));
        espy_json_number(row, "address", p->addr);
        espy_json_number(row, "size", p->size);
        espy_json_string(row, "holds", espy_info_holds(info, i, holds, sizeof holds));
    }
}

static void add_otadata(cJSON *firmware, const espy_survey *s)
{
    if (!s->has_otadata) {
        cJSON_AddNullToObject(firmware, "otadata");
        return;
    }
    cJSON *entries = espy_json_array(firmware, "otadata");
    for (unsigned i = 0; i < 2; i++) {
        cJSON *entry = espy_json_item(entries);
        espy_json_bool(entry, "valid", s->ota[i].valid);
        if (s->ota[i].blank)
            continue;
        espy_json_number(entry, "sequence", s->ota[i].seq);
        espy_json_string(entry, "state", espy_ota_state_name(s->ota[i].state));
    }
}

static void add_app(cJSON *firmware, const espy_info *info)
{
    const espy_survey *s = &info->survey;
    if (s->boots == NULL) {
        cJSON_AddNullToObject(firmware, "application");
        return;
    }
    const espy_partition *row = &s->rows.row[s->boots->row];
    const espy_binary *b = &s->boots->binary;
    cJSON *app = espy_json_object(firmware, "application");
    espy_json_string(app, "label", row->label);
    espy_json_number(app, "address", row->addr);
    espy_json_bool(app, "by_otadata", s->by_entry >= 0);
    espy_json_string(app, "chip", espy_image_chip_name(b->chip_id));
    espy_json_string(app, "project", b->project);
    espy_json_string(app, "version", b->version);
    espy_json_string(app, "idf", b->idf);
    espy_json_string(app, "built", b->built);
    espy_json_hex(app, "elf_sha256", b->elf_sha256, b->has_desc ? sizeof b->elf_sha256 : 0);
}

static void add_micropython(cJSON *firmware, const espy_info *info)
{
    const espy_micropython *m = &info->survey.micropython;
    if (m->version[0] == '\0') {
        cJSON_AddNullToObject(firmware, "micropython");
        return;
    }
    cJSON *python = espy_json_object(firmware, "micropython");
    espy_json_string(python, "version", espy_info_version(info));
    espy_json_string(python, "date", m->date);
    espy_json_string(python, "machine", m->machine);
    espy_json_string(python, "variant", m->variant);
}

static void add_fs(cJSON *firmware, const espy_survey *s)
{
    if (!s->has_fs) {
        cJSON_AddNullToObject(firmware, "filesystem");
        return;
    }
    cJSON *fs = espy_json_object(firmware, "filesystem");
    espy_json_string(fs, "label", s->fs_row.label);
    espy_json_number(fs, "address", s->fs_row.addr);
    espy_json_number(fs, "size", s->fs_row.size);
    espy_json_string(fs, "holds", s->fs_read ? espy_fs_name(s->fs.kind) : NULL);
    espy_json_number(fs, "holds_size", s->fs.size);
}

static void add_firmware(cJSON *root, const espy_info *info)
{
    cJSON *firmware = espy_json_object(root, "firmware");
    espy_json_bool(firmware, "known", info->unreadable == NULL);
    espy_json_string(firmware, "unknown_because", info->unreadable);
    if (info->unreadable != NULL)
        return;
    add_bootloader(firmware, &info->survey);
    add_table(firmware, info);
    add_otadata(firmware, &info->survey);
    add_app(firmware, info);
    add_micropython(firmware, info);
    add_fs(firmware, &info->survey);
    cJSON *problems = espy_json_array(firmware, "problems");
    for (size_t i = 0; i < info->problem_count; i++)
        cJSON_AddItemToArray(problems, cJSON_CreateString(info->problems[i]));
}

espy_status espy_info_json(const espy_info *info)
{
    cJSON *root = cJSON_CreateObject();
    espy_json_string(root, "port", info->board.link->name);
    espy_json_board(root, &info->board.info);
    add_security(root, &info->security);
    add_firmware(root, info);
    return espy_json_print(info->board.cli, root);
}
