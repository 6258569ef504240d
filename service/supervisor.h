/* Supervisor: one line to whoever started the process and asked to be told (systemd's NOTIFY_SOCKET), so that
   a unit counts as started when requests are answered, not before. It listens to nobody. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

/* supervisor_tell - "READY=1", "STOPPING=1"; does nothing where nobody asked. */
void supervisor_tell(const char *state);

#endif
