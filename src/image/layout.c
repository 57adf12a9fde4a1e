/* SPDX-License-Identifier: MIT
 *
 * The lenient reader of binaries; see the header.
 */
#include "layout.h"

#include "binary.h"
#include "digest.h"
#include "../base/bytes.h"

#include <string.h>

enum { SEGMENT_HEADER = 8, CHECKSUM_SEED = 0xEF };

static espy_status read_segment(espy_layout *layout, const uint8_t *bytes, size_t size, size_t *at, espy_err *err)
{
    if (size - *at < SEGMENT_HEADER)
        return espy_fail(err, ESPY_E_FORMAT, "the file ends at byte %zu, within the header of segment %zu", size,
                         layout->segment_count);
    espy_layout_segment *s = &layout->segment[layout->segment_count++];
    *s = (espy_layout_segment){get_le32(bytes + *at), get_le32(bytes + *at + 4), *at, bytes + *at + SEGMENT_HEADER};
    *at += SEGMENT_HEADER;
    if (size - *at < s->size)
        return espy_fail(err, ESPY_E_FORMAT, "End of file reading segment 0x%x, length %u (actual length %zu)",
                         (unsigned)s->load_addr, (unsigned)s->size, size - *at);
    for (uint32_t i = 0; i < s->size; i++)
        layout->checksum_sum ^= s->data[i];
    *at += s->size;
    return ESPY_OK;
}

static espy_status read_header(espy_layout *layout, const uint8_t *bytes, size_t size, espy_err *err)
{
    if (size == 0)
        return espy_fail(err, ESPY_E_FORMAT, "Image is empty");
    if (bytes[0] != ESPY_BINARY_MAGIC)
        return espy_fail(err, ESPY_E_FORMAT, "This is not a valid image (invalid magic number: 0x%x)", bytes[0]);
    if (size < ESPY_BINARY_HEADER)
        return espy_fail(err, ESPY_E_FORMAT, "the file ends at byte %zu, within the image header", size);
    if (bytes[1] > ESPY_LAYOUT_SEGMENTS)
        return espy_fail(err, ESPY_E_FORMAT, "Invalid segment count %u (max %d)", bytes[1], ESPY_LAYOUT_SEGMENTS);
    if (bytes[23] > 1)
        return espy_fail(err, ESPY_E_FORMAT, "Invalid value for append_digest field (0x%02x). Should be 0 or 1",
                         bytes[23]);
    layout->header = bytes;
    layout->has_digest = bytes[23] == 1;
    layout->checksum_sum = CHECKSUM_SEED;
    return ESPY_OK;
}

espy_status espy_layout_read(espy_layout *layout, const uint8_t *bytes, size_t size, espy_err *err)
{
    memset(layout, 0, sizeof *layout);
    espy_status st = read_header(layout, bytes, size, err);
    size_t at = ESPY_BINARY_HEADER;
    for (size_t i = 0; st == ESPY_OK && i < bytes[1]; i++)
        st = read_segment(layout, bytes, size, &at, err);
    if (st != ESPY_OK)
        return st;
    layout->length = (at / 16 + 1) * 16;
    if (layout->length > size)
        return espy_fail(err, ESPY_E_FORMAT, "the file ends at byte %zu, before the checksum at byte %zu", size,
                         layout->length - 1);
    layout->checksum = bytes[layout->length - 1];
    espy_sha256(bytes, layout->length, layout->digest);
    layout->digest_valid =
        layout->has_digest && size - layout->length >= 32 && memcmp(bytes + layout->length, layout->digest, 32) == 0;
    return ESPY_OK;
}
