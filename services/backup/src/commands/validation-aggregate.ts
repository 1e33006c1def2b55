import type { Aggregate } from '@holdfast/event-log'
import { validationCodec } from '../codecs/validation-codec.ts'
import {
  type RecordValidation,
  type ValidationEvent,
  type ValidationState,
  validation,
} from '../domain/validation.ts'

/** Subject `evt.backup.validation.<organization>`. */
export const validations: Aggregate<RecordValidation, ValidationEvent, ValidationState> = {
  context: 'backup',
  type: 'validation',
  decider: validation,
  codec: validationCodec,
}
