/* SPDX-License-Identifier: MIT
 *
 * The two things about a serial port that POSIX does not have: any baud rate, and a
 * driver that does not hold bytes back.  Linux: tty_ioctl(4), TCSETS2 with BOTHER, and
 * ASYNC_LOW_LATENCY of setserial(8), which makes the FTDI driver set its chip's latency timer
 * to 1 ms for whoever may open the port; the timer's own file in /sys is root's alone.  It stays so
 * until the chip is unplugged, which does no harm.  Elsewhere speed_t is the rate itself.
 */
#include "transport.h"

#ifdef __linux__

/* <asm/termbits.h> and <termios.h> both define struct termios: only one may be had. */
#include <asm/termbits.h>
#include <linux/serial.h>
#include <sys/ioctl.h>

bool espy_serial_set_baud(int fd, uint32_t baud, uint32_t *actual)
{
    struct termios2 mode;
    if (ioctl(fd, TCGETS2, &mode) != 0)
        return false;
    mode.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
    mode.c_cflag |= BOTHER | BOTHER << IBSHIFT;
    mode.c_ispeed = baud;
    mode.c_ospeed = baud;
    if (ioctl(fd, TCSETS2, &mode) != 0 || ioctl(fd, TCGETS2, &mode) != 0)
        return false;
    *actual = mode.c_ospeed;
    return true;
}

void espy_serial_low_latency(int fd)
{
    struct serial_struct info;
    if (ioctl(fd, TIOCGSERIAL, &info) != 0)
        return;
    info.flags |= ASYNC_LOW_LATENCY;
    ioctl(fd, TIOCSSERIAL, &info);
}

#else

#include <termios.h>

bool espy_serial_set_baud(int fd, uint32_t baud, uint32_t *actual)
{
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    if (cfsetispeed(&mode, baud) != 0 || cfsetospeed(&mode, baud) != 0 || tcsetattr(fd, TCSANOW, &mode) != 0 ||
        tcgetattr(fd, &mode) != 0)
        return false;
    *actual = (uint32_t)cfgetospeed(&mode);
    return true;
}

void espy_serial_low_latency(int fd)
{
    (void)fd;
}

#endif
