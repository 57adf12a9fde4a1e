/* SPDX-License-Identifier: MIT
 *
 * Facts about a port that does not open, and what follows from them; see the header.
 */
#include "trouble.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the facts ------------------------------------------------------------------------------ */

static bool listed(const struct group *group)
{
    const struct passwd *user = getpwuid(getuid());
    if (user == NULL)
        return false;
    for (char **member = group->gr_mem; *member != NULL; member++)
        if (strcmp(*member, user->pw_name) == 0)
            return true;
    return user->pw_gid == group->gr_gid;
}

static bool in_session(gid_t gid)
{
    gid_t groups[256];
    int n = getgroups(256, groups);
    for (int i = 0; i < n; i++)
        if (groups[i] == gid)
            return true;
    return getegid() == gid;
}

/* A port of root's alone is one that the system has not given to its group yet, on most
 * systems "dialout". */
static void gather_group(espy_port_facts *facts)
{
    struct stat info;
    bool known = stat(facts->name, &info) == 0 && info.st_gid != 0;
    const struct group *group = known ? getgrgid(info.st_gid) : getgrnam("dialout");
    snprintf(facts->group, sizeof facts->group, "%s", group == NULL ? "dialout" : group->gr_name);
    facts->member = group != NULL && listed(group);
    facts->active = group != NULL && in_session(group->gr_gid);
}

static void gather_others(espy_port_facts *facts)
{
    espy_port *ports;
    size_t n, at = 0;
    if (espy_ports_list(&ports, &n, NULL) != ESPY_OK)
        return;
    for (size_t i = 0; i < n && at < sizeof facts->others; i++) {
        bool bridge = ports[i].bridge != NULL;
        if (bridge || at == 0)
            at += (size_t)snprintf(facts->others + at, sizeof facts->others - at, "%s%s%s%s%s", at == 0 ? "" : ", ",
                                   ports[i].name, bridge ? " (" : "", bridge ? ports[i].bridge : "", bridge ? ")" : "");
    }
    free(ports);
}

enum { WCH_VID = 0x1A86, CH340_PID = 0x7523 };

void espy_port_facts_gather(espy_port_facts *facts, const char *name, int error)
{
    espy_port port;
    *facts = (espy_port_facts){.name = name, .error = error};
    espy_port_describe(name, &port);
    facts->vid = port.vid;
    switch (error) {
    case EACCES:
    case EPERM: gather_group(facts); break;
    case EBUSY:
    case EWOULDBLOCK:
        facts->holder = espy_system_holder(NULL, name);
        facts->modem_manager = espy_system_running(NULL, "ModemManager");
        break;
    default:
        gather_others(facts);
        if (espy_system_has_usb(NULL, WCH_VID, CH340_PID))
            facts->brltty = espy_system_running(NULL, "brltty");
    }
}

/* ---- the sentences -------------------------------------------------------------------------- */

static void forbidden(const espy_port_facts *f, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "cannot open %s: %s", f->name, strerror(f->error));
    if (!f->member)
        espy_advise(err, "Join the group that may use it, \"sudo usermod -aG %s $USER\", then log out and in again.",
                    f->group);
    else if (!f->active)
        espy_advise(err, "You have joined the group %s, but after this session began: log out and in again.", f->group);
    else
        espy_advise(err, "You are in its group, %s, which does not suffice: see \"ls -l %s\".", f->group, f->name);
}

static void spare_from_modem_manager(const espy_port_facts *f, espy_err *err)
{
    espy_advise(
        err,
        "ModemManager looks into new ports for a modem: wait half a minute, or have it leave boards alone: write "
        "ATTRS{idVendor}==\"%04x\", ENV{ID_MM_DEVICE_IGNORE}=\"1\" to /etc/udev/rules.d/60-espy.rules, and "
        "plug the board in again.",
        f->vid == 0 ? 0x303Au : f->vid);
}

static void busy(const espy_port_facts *f, espy_err *err)
{
    if (f->holder.pid == 0) {
        espy_fail(err, ESPY_E_IO, "cannot open %s: it is in use", f->name);
        if (f->modem_manager.pid != 0)
            spare_from_modem_manager(f, err);
        espy_advise(err, "Another program has the port: close its terminal or IDE (\"sudo fuser -v %s\" names it).",
                    f->name);
        return;
    }
    espy_fail(err, ESPY_E_IO, "cannot open %s: %s (process %d) has it", f->name, f->holder.name, f->holder.pid);
    if (f->holder.pid == f->modem_manager.pid)
        spare_from_modem_manager(f, err);
    espy_advise(err, "Close it there, then try again.");
}

static void missing(const espy_port_facts *f, espy_err *err)
{
    espy_fail(err, ESPY_E_IO, "cannot open %s: %s", f->name, strerror(f->error));
    if (f->brltty.pid != 0)
        espy_advise(
            err,
            "A CH340 is plugged in, and brltty (process %d) takes those for braille displays: remove it (\"sudo "
            "apt remove brltty\") unless you have one, and plug the board in again.",
            f->brltty.pid);
    else if (f->others[0] != '\0')
        espy_advise(err, "There is %s; otherwise check the cable, which must carry data.", f->others);
    else
        espy_advise(err, "There is no serial port at all: check that the board has power, and the cable, which must "
                         "carry data.");
}

espy_status espy_port_facts_tell(const espy_port_facts *facts, espy_err *err)
{
    if (facts->error == EACCES || facts->error == EPERM)
        forbidden(facts, err);
    else if (facts->error == EBUSY || facts->error == EWOULDBLOCK)
        busy(facts, err);
    else
        missing(facts, err);
    if (err != NULL)
        err->detail = facts->error;
    return ESPY_E_IO;
}

espy_status espy_port_trouble(const char *name, espy_err *err)
{
    espy_port_facts facts;
    if (access(name, R_OK | W_OK) != 0)
        espy_port_facts_gather(&facts, name, errno);
    else
        espy_port_facts_gather(&facts, name, EBUSY);
    return facts.error != EBUSY || facts.holder.pid != 0 ? espy_port_facts_tell(&facts, err) : ESPY_OK;
}
