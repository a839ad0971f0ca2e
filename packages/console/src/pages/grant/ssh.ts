import type { grant, OutputOf } from '@holdfast/contract'

type Issued = Pick<OutputOf<typeof grant.certificate>, 'login' | 'address' | 'port' | 'hostKeyAlias'>

/** Plain ssh with the certificate and the known hosts saved beside the key: the server is checked by its certificate, not on first use. */
export const sshCommand = ({ login, address, port, hostKeyAlias }: Issued): string =>
  [
    'ssh -i ~/.ssh/id_ed25519',
    '-o CertificateFile=~/.ssh/holdfast-cert.pub',
    '-o UserKnownHostsFile=~/.ssh/holdfast_known_hosts',
    `-o HostKeyAlias=${hostKeyAlias}`,
    ...(port === 22 ? [] : [`-p ${port}`]),
    `${login}@${address}`,
  ].join(' \\\n  ')
