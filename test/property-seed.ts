import fc from 'fast-check'

// Properties draw the same cases in every run, so that a change is judged by itself. HOLDFAST_PROPERTY_SEED=random (or
// a number) draws others, to look for what nobody has thought of; a failure prints the seed that shows it again.
const wish = process.env['HOLDFAST_PROPERTY_SEED']
if (wish !== 'random') fc.configureGlobal({ seed: Number(wish ?? 20_261_121) })
