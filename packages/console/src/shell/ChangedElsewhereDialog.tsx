import { Button, Modal } from '@mantine/core'

const goOn = () => location.assign('/')

/** The person acts here on what they see; another tab changed who or where they are. */
export const ChangedElsewhereDialog = ({ opened }: { opened: boolean }) => (
  <Modal opened={opened} onClose={goOn} title="Your session changed in another tab" withCloseButton={false}>
    <p>You signed in, signed out or switched organisation there. What is shown here may not be where you work now.</p>
    <Button onClick={goOn} data-autofocus>
      Go on there
    </Button>
  </Modal>
)
