/* SPDX-License-Identifier: MIT
 *
 * The RAM stub; see the header.  tools/stub-image makes the bytes.
 */
#include "stub_image.h"

#include "stub_image.inc"

const espy_stub_image espy_stub_esp32s3 = {segments, sizeof segments / sizeof segments[0], STUB_ENTRY};
