// Writes what the settings catalogue says into README.md (between the markers) and .env.example.
import { fileURLToPath } from 'node:url';
import { settingsInOrder } from '../src/config/read-settings.ts';
import type { Setting } from '../src/config/setting.ts';
import { betweenMarkers, type Documents, markdownTable, runOnRepository } from './documents.ts';

export const configurationDocuments: Documents = {
  script: 'config-docs',
  files: {
    'README.md': (present) => betweenMarkers(present, 'configuration', table()),
    '.env.example': envExample,
  },
};

function table(): string {
  const rows = settingsInOrder().map(([name, setting]) => {
    const names = setting.secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    return [names, markdownDefault(setting), setting.accepts.words, setting.about];
  });
  return markdownTable(['Setting', 'Default', 'Accepts', 'What it is'], rows);
}

function markdownDefault(setting: Setting<unknown>): string {
  const text =
    typeof setting.default === 'string' && setting.default !== '' ? `\`${setting.default}\`` : null;
  return `${text ?? defaultWords(setting)}${setting.required ? '; **must be given in production**' : ''}`;
}

function envExample(): string {
  const entries = settingsInOrder().map(([name, setting]) => {
    const fixed = typeof setting.default === 'string' ? setting.default : '';
    const origin = fixed === '' ? `# Default: ${defaultWords(setting)}.\n` : '';
    const required = setting.required ? '# Must be given in production.\n' : '';
    return `# ${setting.about}\n# Accepts ${setting.accepts.words}.\n${origin}${required}#${name}=${fixed}\n`;
  });
  return `${ENV_HEADER}\n${entries.join('\n')}`;
}

function defaultWords(setting: Setting<unknown>): string {
  if (setting.generate !== undefined) return 'generated into DATA_DIR';
  return typeof setting.default === 'object' ? setting.default.words : setting.default || 'none';
}

const ENV_HEADER = `# Every setting of Latchkey with its default: generated from the settings catalogue, so edit a copy.
# Outside production nothing needs to be set. To set something, copy this file and remove the # before the name.
# Beside DATABASE_URL, REDIS_URL and every secret stands NAME_FILE: the path of a file that holds the value.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) runOnRepository(configurationDocuments);
