import { Modal, type ModalProps } from '@mantine/core'

export const DialogLoaded = (props: ModalProps) => <Modal closeButtonProps={{ 'aria-label': 'Close' }} {...props} />
