import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
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
  /** The operator's, if there is one, before the shipped one. */
  readonly #folders: readonly [string, ...string[]];
  /** Everything that is inserted into HTML is escaped. */
  readonly #engines: Readonly<Record<Format, Liquid>>;
  readonly #parsed = new Map<string, Template[]>();

  /** `folder`: the operator's, or null. */
  constructor(folder: string | null) {
    this.#folders = folder === null ? [shippedTemplates()] : [folder, shippedTemplates()];
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

  /** @throws {OperatorError} listing what is wrong with the templates of the operator. */
  check(common: Values): void {
    const problems = this.#folders.length === 1 ? [] : this.#misplaced(this.#folders[0]);
    for (const kind of Object.keys(mailKinds) as MailKindName[])
      for (const language of this.#languagesOf(kind))
        problems.push(...this.#problemsOf(kind, language, common));
    if (problems.length > 0)
      throw new OperatorError(['MAIL_TEMPLATES has mistakes:', ...new Set(problems)].join('\n  - '));
  }

  /** Renders a message with all values, and with none that may be missing. */
  #problemsOf(kind: MailKindName, language: string, common: Values): string[] {
    const { data, page } = mailKinds[kind];
    const sparse = Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? null : value]),
    );
    try {
      const full = this.render(kind, language, { ...common, ...data });
      this.render(kind, language, { ...common, ...sparse });
      const needsLink = page !== 'home';
      const forms = [full.text, full.html].filter(
        (form) => needsLink && !form.includes(String(common['link'])),
      );
      return forms.length > 0 ? [`${language}/${kind}: a form has no {{ link }}`] : [];
    } catch (error) {
      return [`${language}/${kind}: ${(error as Error).message}`];
    }
  }

  /** Files that are no templates, and those without the other form, in a language that has no shipped one. */
  #misplaced(folder: string): string[] {
    if (!existsSync(folder)) return ['the folder does not exist'];
    const names = new Set<string>([...Object.keys(mailKinds), 'layout']);
    const problems: string[] = [];
    for (const language of languagesIn(folder))
      for (const file of visibleIn(`${folder}/${language}`)) {
        const [, name = '', format] = /^(.+)\.(txt|html)$/.exec(file) ?? [];
        const other = format === 'txt' ? 'html' : 'txt';
        if (!names.has(name)) problems.push(`${language}/${file} is no template`);
        else if (name !== 'layout' && this.#find(language, name as TemplateName, other) === null)
          problems.push(`${language}/${name}.${other} is missing`);
      }
    return problems;
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
    const languages = this.#folders.flatMap(languagesIn);
    return [...new Set([FALLBACK_LANGUAGE, ...languages])].filter(
      (language) => this.#find(language, kind, 'txt') !== null && this.#find(language, kind, 'html') !== null,
    );
  }
}

/** Hidden folders are no languages: a mounted volume has some. */
function languagesIn(folder: string): string[] {
  return visibleIn(folder).filter((name) => statSync(`${folder}/${name}`).isDirectory());
}

const visibleIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];

/** Beside this file or, in the bundle, in a folder of their own. */
function shippedTemplates(): string {
  const folders = ['./templates/', './mail-templates/'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) throw new Error('the templates of messages are missing');
  return found;
}
