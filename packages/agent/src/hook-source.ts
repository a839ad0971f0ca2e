/**
 * What PAM runs when sshd opens a session. It is a program of its own and not a script: measured on the reference machine under load, a static
 * binary starts in 1 ms, dash in 3, dash with two commands in 12, Node in 86; and a script has no way to a socket without a further program.
 * So: compiled by `cc` where the host has one, linked statically, so that no LD_ variable that reached PAM's environment does anything;
 * otherwise Node, which is here anyway. Both say the same.
 *
 * A refusal also kills the parent, sshd's process of this connection: PAM's refusal alone stops commands and shells, but leaves a connection
 * without one (`ssh -N`) open.
 *
 * The break-glass account gets in whatever the agent says, and also when it is dead: then a byte in a file remembers it for the report.
 */
export const hookInC = String.raw`
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile pid_t monitor;
static volatile int break_glass;

/* Runs in a signal handler too: nothing but system calls. */
static void refuse(int signal_number) {
  (void)signal_number;
  if (break_glass) {
    int fd = open(NOTE_PATH, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    if (fd >= 0 && write(fd, ".", 1) != 1) _exit(0);
    _exit(0);
  }
  if (monitor > 1) kill(monitor, SIGKILL);
  _exit(1);
}

static void put(int fd, const char *text) {
  size_t left = strlen(text) + 1; /* with its NUL */
  while (left > 0) {
    ssize_t written = write(fd, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse(0);
    text += written;
    left -= (size_t)written;
  }
}

static void put_variable(int fd, const char *name) {
  const char *value = getenv(name);
  put(fd, value ? value : "");
}

int main(void) {
  const char *type = getenv("PAM_TYPE");
  if (!type || strcmp(type, "open_session") != 0) return 0;
  monitor = getppid();
  const char *user = getenv("PAM_USER");
  break_glass = BREAK_GLASS[0] && user && strcmp(user, BREAK_GLASS) == 0;
  signal(SIGALRM, refuse);
  signal(SIGPIPE, refuse);
  alarm(12);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) refuse(0);
  char monitor_text[24], own_text[24];
  snprintf(monitor_text, sizeof monitor_text, "%ld", (long)monitor);
  snprintf(own_text, sizeof own_text, "%ld", (long)getpid());
  put(fd, "open");
  put_variable(fd, "PAM_USER");
  put_variable(fd, "PAM_RHOST");
  put(fd, monitor_text);
  put(fd, own_text);
  put_variable(fd, "SSH_AUTH_INFO_0");
  shutdown(fd, SHUT_WR);
  char answer[8];
  size_t length = 0;
  while (length < sizeof answer) {
    ssize_t got = read(fd, answer + length, sizeof answer - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += (size_t)got;
  }
  if (length == 6 && memcmp(answer, "allow\n", 6) == 0) return 0;
  refuse(0);
  return 1;
}
`

export interface HookFacts {
  /** Paths. */
  socket: string
  note: string
  /** A login, or empty. */
  breakGlass: string
}

/** The same for hosts without a compiler. `node` is the absolute path of the interpreter. */
export const hookInNode = (node: string, { socket, note, breakGlass }: HookFacts): string => `#!${node}
const { appendFileSync } = require('node:fs')
const { connect } = require('node:net')
const { PAM_TYPE, PAM_USER = '', PAM_RHOST = '', SSH_AUTH_INFO_0 = '' } = process.env
const monitor = process.ppid
const refuse = () => {
  if (PAM_USER !== '' && PAM_USER === ${JSON.stringify(breakGlass)}) {
    try {
      appendFileSync(${JSON.stringify(note)}, '.', { mode: 0o600 })
    } finally {
      process.exit(0)
    }
  }
  if (monitor > 1) process.kill(monitor, 'SIGKILL')
  process.exit(1)
}
if (PAM_TYPE === 'open_session') {
  process.on('uncaughtException', refuse)
  const connection = connect(${JSON.stringify(socket)})
  let answer = ''
  connection.on('error', refuse).setTimeout(12_000, refuse)
  connection.on('data', (chunk) => (answer += chunk)).on('end', () => (answer === 'allow\\n' ? process.exit(0) : refuse()))
  const fields = ['open', PAM_USER, PAM_RHOST, String(monitor), String(process.pid), SSH_AUTH_INFO_0]
  connection.end(fields.map((field) => field + '\\0').join(''))
}
`
