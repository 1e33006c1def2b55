import { type NameCommand, type NameEvent, type NameState, nameReservation } from '@holdfast/domain'
import type { Aggregate } from '@holdfast/event-log'
import { nameCodec } from '../codecs/name-codec.ts'
import { storageLocationCodec } from '../codecs/storage-location-codec.ts'
import {
  type StorageLocationCommand,
  type StorageLocationEvent,
  type StorageLocationState,
  storageLocation,
} from '../domain/storage-location.ts'

const context = 'backup'

/** Subject `evt.backup.storage_location.<id>`. */
export const storageLocations: Aggregate<
  StorageLocationCommand,
  StorageLocationEvent,
  StorageLocationState
> = {
  context,
  type: 'storage_location',
  decider: storageLocation,
  codec: storageLocationCodec,
  stateVersion: 1,
}

/** Subject `evt.backup.name.<id>`: names of locations and schedules, one holder each. */
export const names: Aggregate<NameCommand, NameEvent, NameState> = {
  context,
  type: 'name',
  decider: nameReservation,
  codec: nameCodec,
}
