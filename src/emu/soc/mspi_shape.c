/* SPDX-License-Identifier: MIT
 *
 * Lines and phases; see the header.
 */
#include "mspi_shape.h"

#include "../core/regfile.h"
#include "mspi_reg.h"

unsigned espy_mspi_lines(bool oct, bool quad, bool dual)
{
    return oct ? 8 : quad ? 4 : dual ? 2 : 1;
}

unsigned espy_mspi_cmd_lines(uint32_t ctrl)
{
    return espy_mspi_lines(ctrl & FCMD_OCT, ctrl & FCMD_QUAD, ctrl & FCMD_DUAL);
}

/* The FREAD_ bits shape transfers that read, the FWRITE_ bits those that write. */
unsigned espy_mspi_addr_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl, bool reads, bool writes)
{
    bool quad = (fctrl & FADDR_QUAD) || (reads && ctrl & FREAD_QIO) || (writes && user & FWRITE_QIO);
    bool dual = (fctrl & FADDR_DUAL) || (reads && ctrl & FREAD_DIO) || (writes && user & FWRITE_DIO);
    return espy_mspi_lines(ctrl & FADDR_OCT, quad, dual);
}

unsigned espy_mspi_din_lines(uint32_t ctrl, uint32_t fctrl)
{
    bool quad = (fctrl & FDIN_QUAD) || (ctrl & (FREAD_QIO | FREAD_QUAD));
    bool dual = (fctrl & FDIN_DUAL) || (ctrl & (FREAD_DIO | FREAD_DUAL));
    return espy_mspi_lines(ctrl & FDIN_OCT, quad, dual);
}

unsigned espy_mspi_dout_lines(uint32_t ctrl, uint32_t user, uint32_t fctrl)
{
    bool quad = (fctrl & FDOUT_QUAD) || (user & (FWRITE_QIO | FWRITE_QUAD));
    bool dual = (fctrl & FDOUT_DUAL) || (user & (FWRITE_DIO | FWRITE_DUAL));
    return espy_mspi_lines(ctrl & FDOUT_OCT, quad, dual);
}

unsigned espy_mspi_read_command(uint32_t ctrl)
{
    if (!(ctrl & FASTRD_MODE))
        return 0x03;
    return ctrl & FREAD_QIO    ? 0xeb
           : ctrl & FREAD_DIO  ? 0xbb
           : ctrl & FREAD_QUAD ? 0x6b
           : ctrl & FREAD_DUAL ? 0x3b
                               : 0x0b;
}

uint16_t espy_mspi_extra_dummy(uint32_t cali)
{
    return cali & CALI_ENABLE ? (uint16_t)espy_bits(cali, 4, 2) : 0;
}

uint8_t espy_mspi_mode_bits(uint32_t ctrl, uint32_t rd_status)
{
    bool sends = (ctrl & FASTRD_MODE) && (ctrl & (FREAD_QIO | FREAD_DIO));
    return sends ? (uint8_t)espy_bits(rd_status, 23, 16) : ESPY_SPI_FLOAT;
}
