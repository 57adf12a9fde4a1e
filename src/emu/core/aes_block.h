/* SPDX-License-Identifier: MIT
 *
 * The AES cipher, a block at a time, for the peripherals that have it inside.
 *
 * Source: FIPS 197.
 */
#ifndef ESPY_EMU_CORE_AES_BLOCK_H
#define ESPY_EMU_CORE_AES_BLOCK_H

#include <stdint.h>

#define ESPY_AES_BLOCK 16

typedef struct espy_aes_key {
    uint8_t key[15][ESPY_AES_BLOCK]; /* of each round */
    unsigned rounds;
} espy_aes_key;

/* A key of 16 or 32 bytes. */
void espy_aes_expand(espy_aes_key *schedule, const uint8_t *key, unsigned size);
void espy_aes_encrypt(const espy_aes_key *schedule, uint8_t block[ESPY_AES_BLOCK]);
void espy_aes_decrypt(const espy_aes_key *schedule, uint8_t block[ESPY_AES_BLOCK]);

#endif
