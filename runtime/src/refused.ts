/** The suite does not start, and the message is all the person needs to know. */
export class Refused extends Error {}
