import type { Aggregate } from '@holdfast/event-log'
import { scheduleCodec } from '../codecs/schedule-codec.ts'
import {
  type ScheduleCommand,
  type ScheduleEvent,
  type ScheduleState,
  schedule,
} from '../domain/schedule.ts'

/** Subject `evt.backup.schedule.<id>`. */
export const schedules: Aggregate<ScheduleCommand, ScheduleEvent, ScheduleState> = {
  context: 'backup',
  type: 'schedule',
  decider: schedule,
  codec: scheduleCodec,
  stateVersion: 1,
}
