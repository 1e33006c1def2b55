export {
  type Contributing,
  collectAll,
  contributeTo,
  counted,
  promisesIn,
  type Told,
  type Way,
} from './testing/contributing.ts'
