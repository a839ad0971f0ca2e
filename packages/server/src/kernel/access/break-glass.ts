export const fromPlace = (row: string) => ({ table: 'break_glass_use', column: 'from_sealed', row })
export const findingPlace = (row: string) => ({ table: 'break_glass_use', column: 'finding_sealed', row })
