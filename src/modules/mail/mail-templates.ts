import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Liquid, type Template } from 'liquidjs';
import Negotiator from 'negotiator';
import type { JsonValue } from '../../core/json.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { type MailKindName, mailKinds } from './mail-kinds.ts';

/** In which every template exists. */
const FALLBACK_LANGUAGE = 'en';

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

type Values = Readonly<Record<string, JsonValue>>;

type TemplateName = MailKindName | 'layout';

type Format = 'txt' | 'html';

/**
 * Templates of messages in the language Liquid: `<language>/<kind>.txt`, whose first line is the subject, and
 * `<language>/<kind>.html`; both are placed into the language's `layout`. The operator's folder has precedence over the shipped
 * ones, file by file.
 */
export class MailTemplates {
  readonly #folders: readonly string[];
  /** Everything that is inserted into HTML is escaped. */
  readonly #engines: Readonly<Record<Format, Liquid>>;
  readonly #parsed = new Map<string, Template[]>();

  /** `folder`: the operator's, or null. */
  constructor(folder: string | null) {
    this.#folders = [...(folder === null ? [] : [folder]), shippedTemplates()];
    const options = {
      strictVariables: true,
      strictFilters: true,
      ownPropertyOnly: true,
      timezoneOffset: 0,
      // Templates include no files.
      templates: {},
    };
    this.#engines = {
      txt: new Liquid(options),
      html: new Liquid({ ...options, outputEscape: 'escape' }),
    };
  }

  /** `languages`: the header Accept-Language, or null. */
  render(kind: MailKindName, languages: string | null, values: Values): RenderedMail {
    const language = this.#languageOf(kind, languages);
    const [subjectLine = '', ...lines] = this.#render(language, kind, 'txt', values).split('\n');
    // One line, as the split has made sure: no value adds a header.
    const subject = subjectLine.replace(/^Subject:\s*/, '').replaceAll('\r', '');
    const content = lines.join('\n').trim();
    const html = this.#render(language, kind, 'html', values);
    return {
      subject,
      text: `${this.#render(language, 'layout', 'txt', { ...values, subject, content }).trim()}\n`,
      html: this.#render(language, 'layout', 'html', { ...values, subject, language, content: html }),
    };
  }

  /** @throws {OperatorError} if a template of the operator cannot be used. */
  check(common: Values): void {
    const problems: string[] = [];
    for (const kind of Object.keys(mailKinds) as MailKindName[])
      for (const language of this.#languagesOf(kind))
        try {
          this.render(kind, language, { ...common, ...mailKinds[kind].data });
        } catch (error) {
          problems.push(`${language}/${kind}: ${(error as Error).message}`);
        }
    if (problems.length > 0)
      throw new OperatorError(['MAIL_TEMPLATES has templates that fail:', ...problems].join('\n  - '));
  }

  #render(language: string, name: TemplateName, format: Format, values: Values): string {
    const engine = this.#engines[format];
    const path = this.#find(language, name, format) ?? this.#find(FALLBACK_LANGUAGE, name, format);
    if (path === null) throw new Error(`there is no template ${name}.${format}`);
    const parsed = this.#parsed.get(path) ?? engine.parse(readFileSync(path, 'utf8'), path);
    this.#parsed.set(path, parsed);
    return engine.renderSync(parsed, values) as string;
  }

  #find(language: string, name: TemplateName, format: Format): string | null {
    const paths = this.#folders.map((folder) => `${folder}/${language}/${name}.${format}`);
    return paths.find((path) => existsSync(path)) ?? null;
  }

  #languageOf(kind: MailKindName, languages: string | null): string {
    if (languages === null) return FALLBACK_LANGUAGE;
    const negotiator = new Negotiator({ headers: { 'accept-language': languages } });
    return negotiator.language(this.#languagesOf(kind)) ?? FALLBACK_LANGUAGE;
  }

  /** The languages that have both forms of a message, the fallback first. */
  #languagesOf(kind: MailKindName): string[] {
    const languages = this.#folders
      .flatMap((folder) => readdirSync(folder, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    return [...new Set([FALLBACK_LANGUAGE, ...languages])].filter(
      (language) => this.#find(language, kind, 'txt') !== null && this.#find(language, kind, 'html') !== null,
    );
  }
}

/** Beside this file or, in the bundle, in a folder of their own. */
function shippedTemplates(): string {
  const folders = ['./templates/', './mail-templates/'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) throw new Error('the templates of messages are missing');
  return found;
}
