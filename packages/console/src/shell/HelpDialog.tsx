import { Kbd, Modal, Stack, Switch } from '@mantine/core'
import { useState } from 'react'
import { Facts } from '../kit/Page.tsx'
import { useMay } from '../kit/session.tsx'
import { visibleGroups } from './places.ts'
import { setSingleKeys, singleKeysOn } from './shortcuts.ts'

/** Every key there is, and the switch for the single ones. */
export const HelpDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const may = useMay()
  const [on, setOn] = useState(singleKeysOn)
  const places = visibleGroups(may).flatMap((group) => group.places)
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Switch
          label="Single-key shortcuts"
          checked={on}
          onChange={(event) => {
            setSingleKeys(event.currentTarget.checked)
            setOn(event.currentTarget.checked)
          }}
        />
        <Facts
          rows={[
            ['Go to or do', <Kbd key="k">Ctrl K</Kbd>],
            ['Search in the page', <Kbd key="s">/</Kbd>],
            ['This help', <Kbd key="h">?</Kbd>],
            ...places.flatMap(({ title, key }) =>
              key
                ? [
                    [
                      title,
                      <span key={key}>
                        <Kbd>g</Kbd> <Kbd>{key}</Kbd>
                      </span>,
                    ] as const,
                  ]
                : [],
            ),
          ]}
        />
      </Stack>
    </Modal>
  )
}
