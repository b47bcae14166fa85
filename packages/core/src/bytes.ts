/**
 * Values as bytes, for memory that threads share. A subpath of its own, so that a primitive that
 * holds no values of the user does not carry the codec.
 *
 * @packageDocumentation
 */
export {
  decodeBytes,
  decodeBytesAt,
  dropBytes,
  encodeBytes,
  encodePieces,
  encodePlainBytes,
  expectBytes,
  hasBeside,
  takeBytes,
} from './codec/bytes.js';
export { Pieces } from './codec/bytes-pieces.js';
