/** `20260423T030001Z`: names sort as they were made. */
export const stampOf = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

export const bundleName = (unixMs: number): string => `holdfast-${stampOf(unixMs)}.hfbak`
