import { Hash, Section, Table, Time, type Column } from '../../kit/index.ts'
import type { Detail } from '../grantWords.ts'

type Certificate = Detail['certificates'][number]

const columns: Column<Certificate>[] = [
  { key: 'serial', title: 'Serial', render: (row) => row.serial },
  { key: 'key', title: 'Public key', grow: true, render: (row) => <Hash value={row.keyFingerprint} what="the fingerprint" /> },
  { key: 'issued', title: 'Issued', render: (row) => <Time at={row.issuedAt} />, sort: (row) => row.issuedAt },
  {
    key: 'until',
    title: 'Valid until',
    wide: true,
    render: (row) => <Time at={row.validBefore} />,
    sort: (row) => row.validBefore,
  },
]

/** Every certificate that was signed under it: each lives at most a quarter of an hour. */
export const Certificates = ({ detail }: { detail: Detail }) => (
  <Section
    title="Certificates"
    about="Signed for it, at most 15 minutes each; the private keys never leave the person’s machine."
  >
    <Table
      label="Certificates"
      columns={columns}
      rows={detail.certificates}
      rowKey={(row) => row.serial}
      empty={{ title: 'No certificates', text: 'None was asked for under this grant.' }}
    />
  </Section>
)
