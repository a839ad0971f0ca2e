import { policy } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { ReadProblem, useQueryOf } from '../../kit/index.ts'
import classes from './diff.module.css'
import { diffRows, diffSummary } from './diffRows.ts'
import { wrongState } from './explanations.ts'
import type { Version } from './steps.ts'

const sentences = { ...wrongState, not_text: 'Only Markdown can be compared line by line.' }

/** Line by line: coloured, and marked + and − for those who see no colour. */
export const DiffView = ({ version, against }: { version: Version; against: Version }) => {
  const diff = useQueryOf(policy.diff, { id: version.id, from: against.id })
  if (diff.error) return <ReadProblem error={diff.error} sentences={sentences} />
  if (!diff.data) return <Skeleton height={240} />
  const { lines, added, removed } = diff.data
  return (
    <div className={classes['diff']}>
      <p className={classes['summary']}>
        {diffSummary(added, removed)} since version {against.number}
      </p>
      <div
        className={classes['scroll']}
        tabIndex={0}
        role="region"
        aria-label={`Changes from version ${against.number} to version ${version.number}`}
      >
        <table>
          <thead className="visually-hidden">
            <tr>
              <th>Line in version {against.number}</th>
              <th>Line in version {version.number}</th>
              <th>Change</th>
              <th>Text</th>
            </tr>
          </thead>
          <tbody>
            {diffRows(lines).map((row, index) => (
              <tr key={index} data-kind={row.kind}>
                <td className={classes['number']}>{row.before}</td>
                <td className={classes['number']}>{row.after}</td>
                <td className={classes['sign']}>
                  <span aria-hidden>{row.sign}</span>
                  <span className="visually-hidden">{row.label}</span>
                </td>
                <td className={classes['line']}>{row.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
