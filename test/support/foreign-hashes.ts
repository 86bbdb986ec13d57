// Password hashes that other libraries made, each once, by its own function and with parameters of its own where nothing
// else is said. Django's are by its hashers, those of Firebase written in the form of supabase/auth. To add one, take it
// from the other library: what our own code makes proves nothing.

export interface ForeignHashExample {
  readonly origin: string;
  readonly password: string;
  readonly hash: string;
}

export const foreignHashes: readonly ForeignHashExample[] = [
  {
    origin: 'bcrypt 4.0.1',
    password: 'correct horse battery staple',
    hash: '$2a$05$UASyKaC1OBZrMJvXOarfzePciTuovKCTLdxAYkSDza2u3HLNQe9sS',
  },
  {
    origin: 'bcrypt 4.0.1',
    password: 'correct horse battery staple',
    hash: '$2b$05$ro3n10uK6QWw1cMtUocC2eCyESPNFia6WcJdJgfuUXPpmDPoXDgvG',
  },
  {
    origin: 'bcrypt 4.0.1',
    password: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxbeyond',
    hash: '$2b$05$YZvmfBxWE.Eqi1pOaBbztOQvqKJz86iQGhUhGzG2hwPd59jDa8tgm',
  },
  {
    origin: 'passlib 1.7.4',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a',
    hash: '$2y$05$pKysRYbzBNjiPqxhS/cgmeXbJfyZgHTaW.iYeDl8LdQA2GvU4HN9u',
  },
  {
    origin: 'argon2-cffi 25.1.0, its defaults',
    password: 'correct horse battery staple',
    hash: '$argon2id$v=19$m=65536,t=3,p=4$+ngVJa7IJuxwlwm0mEOjcw$2icMqW+xcmJ5ckEEVrEPCrwHalunYaCzLhlRwsFvU2o',
  },
  {
    origin: 'argon2-cffi 25.1.0',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a',
    hash: '$argon2i$v=19$m=1024,t=3,p=1$EEODsNfTOmvE9AxE16uaJw$3KsqD7D0qQ9PJ6hhjRSsDg',
  },
  {
    origin: 'argon2-cffi 25.1.0',
    password: 'A\u030angstro\u0308m fac\u0327ade',
    hash: '$argon2id$v=19$m=1024,t=1,p=3$PJwc7Lai8P0$+nHLMJGWnIDm8cr286AFTCJ7W7ZoJvNXm6TM8/vLApno3cwgRGnE4VZS0ThuaDOWd4LPSqIEcMLtpEi+TlaG5w',
  },
  {
    origin: 'passlib 1.7.4, its defaults',
    password: 'correct horse battery staple',
    hash: '$scrypt$ln=16,r=8,p=1$VuodQ6g15tx7T4kRYsyZkw$Mu0Mxdr0swnsYfGpWHwKytK1IjbZVlLmX1XsUYzcECI',
  },
  {
    origin: 'passlib 1.7.4',
    password: 'A\u030angstro\u0308m fac\u0327ade',
    hash: '$scrypt$ln=10,r=4,p=3$WutdC+H8X8tZS2ntPccYww$SRmbGFN9bDgwIas+9/axY7qVULS2wg0+ghLobTzvV8Q',
  },
  {
    origin: 'passlib 1.7.4, its defaults',
    password: 'correct horse battery staple',
    hash: '$pbkdf2$131000$/5.ztnbOOUeoFcL439sbIw$VigSuL5q90Sbo0mygaKkyCoy2O8',
  },
  {
    origin: 'passlib 1.7.4, its defaults',
    password: 'correct horse battery staple',
    hash: '$pbkdf2-sha256$29000$zXnPmVMqRUhJifH.fw/BmA$ZlWp2v1tQLwkf0Vd5DZu9N8N5.BDUVMRwBLPCxQ78Hg',
  },
  {
    origin: 'passlib 1.7.4, its defaults',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a',
    hash: '$pbkdf2-sha512$25000$IiRkTEmp9Z7zHmPsfc.5tw$mooR/qRgY.OkI4RbWGopGLizjTL9CPmlKGScq5yZLn8U6vv3R6eVifyDzX/mpMLTU.OFB6RIRy1CpGQGdDgkRQ',
  },
  {
    origin: 'Django 5.2.19, its defaults',
    password: 'correct horse battery staple',
    hash: 'pbkdf2_sha256$1000000$bgtCLVmqsvEejx5XgHO4Xw$fEjrWgPEz+zoiJ+77LgDIqQ+v9k7CUin1sn2fjgH3Sc=',
  },
  {
    origin: 'Django 5.2.19',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a',
    hash: 'pbkdf2_sha1$1000$uhZUCfwrajPP4f7ofvpSgh$zWsYoOgdy9NFYvxL5L5v9ZuP/KI=',
  },
  {
    origin: 'Django 5.2.19',
    password: 'correct horse battery staple',
    hash: 'argon2$argon2id$v=19$m=102400,t=2,p=8$V29vMjBYRjl5blBSbU0xUmFFNlZkZw$fQZPFHtN2mqHjXyduhoSn+EdR1aYMR8+S22ZH+vroLU',
  },
  {
    origin: 'Django 5.2.19',
    password: 'correct horse battery staple',
    hash: 'bcrypt$$2b$05$yUluuEzSBStsXo5d2EZF2utbBufp4VgPcCpn4w9NKf6BqRZLzXG.a',
  },
  {
    origin: 'better-auth 1.7.25',
    password: 'correct horse battery staple',
    hash: '2284d0be7b10d7b789b1e447840e90de:f0881f8f45b0bfbce98fb2985fb016224feeca7b51ea3ecb2b5f03dfa2f659f90e0db31f7664c0b17b1c8dbe4c70ad3450038b7d81af1e253df26f33b2cd9eb7',
  },
  {
    origin: 'better-auth 1.7.25',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a \ufb01n',
    hash: 'adc6a9eaa424140fb2632410ddae1e3b:533ead34a3996e324ea3ea4a4eae48b21bd70e404e59b51ddd8d9a7738801ad2896629c05a79f9f3ccb97b97e12c3931eb26b2d0a465342be13bc04ef089f4b8',
  },
  {
    origin: 'firebase-scrypt 2.2.0',
    password: 'correct horse battery staple',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$/+8qLmZ7uHdkdg==$huAFKgM4HBSjGAg6nhzAkv9XgtD/cIGf9GXXmm3uyTrQTpfIqt9ovvdu2y6HgTPnjE/eahsKYQzzSaIBW+A3yA==',
  },
  {
    origin: 'firebase-scrypt 2.2.0',
    password: '\u00c5ngstr\u00f6m fa\u00e7ade \ud83e\udd8a \ufb01n',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$/+8qLmZ7uHdkdg==$rG7ViU/6926uEIGiSZRos5J3J9Dy2q+XYGt3Z1rRmEjDt88TbHz2FSCRdlnTXfKcO2suplWYvrLPlY8cUyJLIA==',
  },
  {
    origin: 'the README of github.com/firebase/scrypt',
    password: 'user1password',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  },
  {
    origin: 'the tests of github.com/supabase/auth',
    password: 'mytestpassword',
    hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==',
  },
  {
    origin: 'the tests of github.com/supabase/auth',
    password: 'test',
    hash: '$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g',
  },
];
