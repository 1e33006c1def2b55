/**
 * What a job has come to, in percent of a scale that is fixed (FB-32): begun, collected, compressed or bundled,
 * encrypted, hashed, uploaded, recorded. Each is shown once and in order, whatever happens to the process: a job that is
 * taken over begins again and is silent until it is further than anybody was told.
 */
export const steps = [5, 30, 50, 60, 70, 90, 100] as const
export type Step = (typeof steps)[number]

/** What is being done while the last step reached was this one; for people. */
export const doing: Readonly<Record<Step, string>> = {
  5: 'collecting',
  30: 'compressing',
  50: 'encrypting',
  60: 'hashing',
  70: 'uploading',
  90: 'recording',
  100: 'done',
}
