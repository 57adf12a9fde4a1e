/* SPDX-License-Identifier: MIT
 *
 * The same disorder as in disorder_test.c for the peripherals that move bytes:
 * UARTs with a host that keeps sending, GPIO, eFuse, SHA and AES behind a DMA
 * controller whose descriptors are random too, USB.  Time must pass, and the
 * sanitizers must be content.
 */
#include "../src/emu/soc/aes.h"
#include "../src/emu/soc/efuse.h"
#include "../src/emu/soc/gdma.h"
#include "../src/emu/soc/gpio.h"
#include "../src/emu/soc/iomux.h"
#include "../src/emu/soc/rng.h"
#include "../src/emu/soc/sha.h"
#include "../src/emu/soc/uart.h"
#include "../src/emu/soc/usb_otg.h"
#include "../src/emu/soc/usb_serial_jtag.h"

#include "../src/emu/core/bench.h"

#include <string.h>

#define RAM 0x3fc88000u
#define RAM_SIZE 0x10000u

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

typedef struct rig {
    bench b;
    espy_mem mem;
    uint8_t ram[RAM_SIZE];
    espy_uart uart[3];
    espy_gpio gpio;
    espy_iomux iomux;
    espy_efuse efuse;
    espy_gdma gdma;
    espy_sha sha;
    espy_aes aes;
    espy_rng rng;
    espy_usb_otg otg;
    espy_usb_serial_jtag serial_jtag;
} rig;

static void open_crypto(rig *r)
{
    static const espy_line none[ESPY_GDMA_CHANNELS];
    espy_gdma_init(&r->gdma, &r->b.soc, none, none);
    espy_dma_port port = espy_gdma_port(&r->gdma, ESPY_GDMA_SHA);
    espy_sha_init(&r->sha, &r->b.soc, (espy_line){0}, &port);
    r->gdma.ready[ESPY_GDMA_SHA] = (espy_line){espy_sha_dma_ready, &r->sha, 0};
    port = espy_gdma_port(&r->gdma, ESPY_GDMA_AES);
    espy_aes_init(&r->aes, &r->b.soc, (espy_line){0}, &port);
    r->gdma.ready[ESPY_GDMA_AES] = (espy_line){espy_aes_dma_ready, &r->aes, 0};
}

static void open_rig(rig *r, bool timing_real)
{
    memset(r, 0, sizeof *r);
    bench_open(&r->b);
    bench_map_ram(&r->b, &r->mem, r->ram, RAM, RAM_SIZE);
    for (unsigned n = 0; n < 3; n++)
        espy_uart_init(&r->uart[n], &r->b.soc, &(espy_uart_config){.index = n, .timing_real = timing_real});
    espy_gpio_init(&r->gpio, &r->b.soc, (espy_line){0}, (espy_line){0});
    espy_iomux_init(&r->iomux, &r->b.soc, espy_gpio_set_mux, &r->gpio);
    espy_efuse_init(&r->efuse, &r->b.soc, &(espy_efuse_config){.psram_size = 8u << 20});
    open_crypto(r);
    espy_rng_init(&r->rng, &r->b.soc, 0);
    espy_usb_otg_init(&r->otg, &r->b.soc, (espy_line){0});
    espy_usb_serial_jtag_init(&r->serial_jtag, &r->b.soc, (espy_line){0});
}

static void close_rig(rig *r)
{
    for (unsigned n = 0; n < 3; n++)
        espy_uart_free(&r->uart[n]);
    espy_mem_free(&r->mem);
    bench_close(&r->b);
}

/* Descriptors that mostly lead to others, of any length, into RAM or nowhere. */
static void scatter_descriptors(rig *r, uint64_t *random)
{
    for (unsigned n = 0; n < 64; n++) {
        uint32_t at = RAM + n * 12;
        wr(&r->b, at, next_random(random) << 1 | next_random(random) >> 30);
        wr(&r->b, at + 4,
           next_random(random) % 8 != 0 ? RAM + 0x1000 + next_random(random) % 0x8000 : next_random(random));
        wr(&r->b, at + 8, next_random(random) % 8 != 0 ? RAM + next_random(random) % 64 * 12 : 0);
    }
}

/* Starts one half of a channel on a random descriptor. */
static void start_dma(rig *r, uint64_t *random)
{
    uint32_t half = 0x6003f000 + next_random(random) % 10 * 0x60,
             link = (RAM + next_random(random) % 64 * 12) & 0xfffff;
    wr(&r->b, half + 0x48, 6 + next_random(random) % 2);
    wr(&r->b, half + 0x20, 7u << 20 | link);
}

/* Asks AES and SHA for a DMA operation of a random length and kind. */
static void start_crypto(rig *r, uint64_t *random)
{
    wr(&r->b, 0x6003a090, 1);                   /* AES_DMA_ENABLE */
    wr(&r->b, 0x6003a094, next_random(random)); /* AES_BLOCK_MODE */
    wr(&r->b, 0x6003a098, next_random(random) >> next_random(random) % 31);
    wr(&r->b, 0x6003a048, 1);                   /* AES_TRIGGER */
    wr(&r->b, 0x6003b00c, next_random(random)); /* SHA_BLOCK_NUM */
    wr(&r->b, 0x6003b01c, 1);                   /* SHA_DMA_START */
}

static void poke(rig *r, uint64_t *random)
{
    const espy_device *device = &r->b.bus.devices[next_random(random) % r->b.bus.device_count];
    uint32_t offset = next_random(random) % device->size & ~3u;
    if (next_random(random) % 4 != 0)
        offset &= 0xfc; /* where the registers are */
    uint32_t value = next_random(random) & next_random(random);
    if (next_random(random) & 1)
        wr(&r->b, device->base + offset % device->size, value);
    else
        rd(&r->b, device->base + offset % device->size);
}

static void talk(rig *r, uint64_t *random)
{
    espy_uart *uart = &r->uart[next_random(random) % 3];
    uint8_t bytes[64];
    for (unsigned n = 0; n < sizeof bytes; n++)
        bytes[n] = (uint8_t)next_random(random);
    assert_int_equal(espy_uart_host_send(uart, bytes, sizeof bytes, NULL), ESPY_OK);
    espy_uart_host_take(uart, bytes, sizeof bytes);
    if (next_random(random) % 8 == 0)
        espy_uart_host_baud(uart, 300 + next_random(random) % 5000000);
    espy_gpio_drive(&r->gpio, next_random(random) % 64, (espy_pad)(next_random(random) % 3));
}

static void disorder(rig *r, uint64_t seed)
{
    uint64_t random = seed;
    open_rig(r, seed % 2 != 0);
    scatter_descriptors(r, &random);
    for (unsigned i = 0; i < 1500; i++) {
        poke(r, &random);
        if (i % 64 == 0)
            talk(r, &random);
        if (i % 32 == 5)
            start_dma(r, &random);
        if (i % 256 == 7)
            start_crypto(r, &random);
        pass(&r->b, next_random(&random) % 20000);
    }
    for (unsigned n = 0; n < 3; n++) {
        espy_uart_host_flush(&r->uart[n]);
        espy_uart_reset(&r->uart[n], ESPY_RESET_CHIP);
    }
    espy_gdma_reset(&r->gdma, ESPY_RESET_CHIP);
    espy_aes_reset(&r->aes, ESPY_RESET_CHIP);
    assert_int_equal(espy_clock_next(&r->b.clock), ESPY_NEVER); /* a reset disarms everything */
    close_rig(r);
}

static void time_passes_whatever_is_written(void **state)
{
    (void)state;
    static rig r;
    for (uint64_t seed = 1; seed <= 6; seed++)
        disorder(&r, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_passes_whatever_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
