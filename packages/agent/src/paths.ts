import { join } from 'node:path'

/** Every path that the agent touches, below `/` or, in tests, below a directory. */
export const layoutOf = (root = '/') => {
  const etc = join(root, 'etc/holdfast')
  const state = join(root, 'var/lib/holdfast')
  const run = join(root, 'run/holdfast')
  const ssh = join(root, 'etc/ssh')
  const lib = join(root, 'usr/local/lib/holdfast')
  return {
    root,
    etc,
    state,
    run,
    lib,
    settings: join(etc, 'agent.json'),
    serverAuthority: join(etc, 'ca.pem'),
    userAuthorities: join(etc, 'user_ca.pub'),
    revoked: join(etc, 'krl'),
    principals: join(etc, 'principals'),
    hostCertificate: join(etc, 'ssh_host_ed25519_key-cert.pub'),
    stateFile: join(state, 'state.json'),
    outbox: join(state, 'outbox.json'),
    breakGlassUses: join(state, 'break-glass-uses'),
    sessions: join(state, 'sessions'),
    socket: join(run, 'agent.sock'),
    hook: join(lib, 'session-hook'),
    recorder: join(lib, 'recorder'),
    // Apart from the agent's own: the account of the recorder may enter.
    recorderSocket: join(root, 'run/holdfast-recorder/socket'),
    recordings: join(state, 'recordings'),
    sshdConfig: join(ssh, 'sshd_config'),
    // First in its directory: of several values sshd takes the first.
    dropIn: join(ssh, 'sshd_config.d/00-holdfast.conf'),
    hostKey: join(ssh, 'ssh_host_ed25519_key'),
    sshdPid: join(root, 'run/sshd.pid'),
    pam: join(root, 'etc/pam.d/sshd'),
    unit: join(root, 'etc/systemd/system/holdfast-agent.service'),
  }
}
export type Layout = ReturnType<typeof layoutOf>
