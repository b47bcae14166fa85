/** The shape of encoded values on the wire. Structured clone carries it; only marked objects are special. */

/** Own property that marks an object as standing for something else. */
export const MARK = '@x';

/** Wire version; another one is refused. */
export const WIRE_VERSION = 1;

/** A whole message. */
export interface Wire {
  /** Tells a message from any other object. */
  readonly [MARK]: 'wire';
  /** Version of the format. */
  readonly version: number;
  /** The value, with marked objects in it if `marked`. */
  readonly value: unknown;
  /** Whether marked objects stand for primitives, errors or instances in the value. */
  readonly marked: boolean;
  /** Modules that register the kinds in the value, for a thread that has not imported them. */
  readonly modules: readonly string[];
}

/** Stands for a primitive. */
export interface HandleMark {
  readonly [MARK]: 'handle';
  readonly kind: number;
  readonly kindName: string;
  readonly version: number;
  readonly module: string;
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly realm: SharedArrayBuffer;
  readonly name: string;
  readonly extra: unknown;
}

/** Stands for something that is the same in all threads but has no memory of its own, such as a thread. */
export interface ReferenceMark {
  readonly [MARK]: 'reference';
  readonly kind: number;
  readonly kindName: string;
  readonly version: number;
  readonly module: string;
  readonly extra: unknown;
}

/** Stands for an error. */
export interface ErrorMark {
  readonly [MARK]: 'error';
  readonly className: string;
  readonly name: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own properties, `cause` and `errors` included. */
  readonly own: [string, unknown][];
}

/** Stands for an instance of a registered class. */
export interface InstanceMark {
  readonly [MARK]: 'instance';
  readonly className: string;
  readonly state: unknown;
}

/** Stands for an object of the user that has a property with the name of the mark. */
export interface PlainMark {
  readonly [MARK]: 'plain';
  readonly own: [string, unknown][];
}

export type Marked = HandleMark | ReferenceMark | ErrorMark | InstanceMark | PlainMark;
