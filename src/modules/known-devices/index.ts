export { KnownDevices } from './known-devices.ts';
