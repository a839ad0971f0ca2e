import { MultiSelect, type MultiSelectProps } from '@mantine/core'
import { promiseOptions } from './promiseOptions.ts'

/** Chooses promises by their ids. */
export const PromisePicker = (props: Omit<MultiSelectProps, 'data'>) => (
  <MultiSelect label="Promises it stands behind" data={promiseOptions} searchable clearable hidePickedOptions {...props} />
)
