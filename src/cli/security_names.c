/* SPDX-License-Identifier: MIT
 *
 * Names of what the eFuses lock; see the header.
 */
#include "security_names.h"

const espy_security_flag espy_security_flags[] = {
    {1 << 0, "secure_boot", "secure boot"},
    {1 << 1, "aggressive_revoke", "aggressive revocation of its keys"},
    {1 << 3, "key_revoked_0", "its key 0 revoked"},
    {1 << 4, "key_revoked_1", "its key 1 revoked"},
    {1 << 5, "key_revoked_2", "its key 2 revoked"},
    {0, "flash_encryption", "flash encryption"},
    {1 << 2, "secure_download", "secure download mode"},
    {1 << 6, "jtag_soft_disabled", "no JTAG unless the software enables it"},
    {1 << 7, "jtag_disabled", "no JTAG by pins"},
    {1 << 8, "usb_disabled", "no USB-OTG"},
    {1 << 9, "download_dcache_disabled", "no data cache in download mode"},
    {1 << 10, "download_icache_disabled", "no instruction cache in download mode"},
    {0, NULL, NULL},
};

bool espy_security_has(const espy_security *security, const espy_security_flag *flag)
{
    if (flag->mask != 0)
        return (security->flags & flag->mask) != 0;
    unsigned odd = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        odd ^= security->crypt_count >> bit & 1u;
    return odd != 0;
}

const char *espy_key_purpose_name(uint8_t purpose)
{
    static const char *const names[] = {"USER/EMPTY",
                                        "RESERVED",
                                        "XTS_AES_256_KEY_1",
                                        "XTS_AES_256_KEY_2",
                                        "XTS_AES_128_KEY",
                                        "HMAC_DOWN_ALL",
                                        "HMAC_DOWN_JTAG",
                                        "HMAC_DOWN_DIGITAL_SIGNATURE",
                                        "HMAC_UP",
                                        "SECURE_BOOT_DIGEST0",
                                        "SECURE_BOOT_DIGEST1",
                                        "SECURE_BOOT_DIGEST2"};
    return purpose < sizeof names / sizeof names[0] ? names[purpose] : "UNKNOWN";
}
