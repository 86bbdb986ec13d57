import TestRunner from 'jest-runner';

/** Runs its files one at a time. Jest runs the files of one runner before those of another, so nothing runs beside them. */
export default class SerialRunner extends TestRunner {
  isSerial = true;
}
