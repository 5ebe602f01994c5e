import { join, relative } from 'node:path';
import {
  API,
  type Checker,
  type Project,
  type Signature,
  SignatureKind,
  SymbolFlags,
  type Symbol as TypeSymbol,
} from 'typescript/unstable/sync';

const ROOT = join(import.meta.dirname, '..');
const CONFIG = join(import.meta.dirname, 'construct.tsconfig.json');

/** A property or a method of an exported type. */
export interface Member {
  readonly name: string;
  /** The type of a property; of a method, the type that it returns. */
  readonly type: string;
  /** Parameters of a method, such as `(name)`. */
  readonly parameters?: string;
  readonly isOptional: boolean;
  readonly description: string;
  /** Tag `@default`. */
  readonly default?: string;
  /** Tag `@throws`. */
  readonly throws?: string;
  /** The file that declares it, relative to the root. */
  readonly file: string;
}

/** A type that a module exports. */
export interface PublicType {
  readonly name: string;
  readonly description: string;
  readonly isClass: boolean;
  /** The members, required ones first, each in alphabetical order. */
  readonly members: readonly Member[];
}

/** Names that CDK's own classes, or errors, already have. */
const INHERITED = ['node', 'with', 'toString', 'message', 'stack', 'cause', 'name'];

/** Joins the lines of a comment. */
function joined(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** Reads the declarations of the constructs and their examples. */
class Reader {
  readonly #project: Project;
  readonly #checker: Checker;

  constructor(project: Project) {
    this.#project = project;
    this.#checker = project.checker;
  }

  /** Returns the errors of the compiler in a file. */
  problemsIn(file: string): readonly string[] {
    const { program } = this.#project;
    const path = join(ROOT, file);
    return [...program.getSyntacticDiagnostics(path), ...program.getSemanticDiagnostics(path)].map(
      ({ text }) => text,
    );
  }

  exportsOf(file: string): readonly PublicType[] {
    const source = this.#project.program.getSourceFile(join(ROOT, file));
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (module === undefined) throw new TypeError(`${file} is not a module of the project.`);
    return this.#checker.getExportsOfModule(module).map((exported) => {
      const isAlias = (exported.flags & SymbolFlags.Alias) !== 0;
      return this.#toType(isAlias ? this.#checker.getAliasedSymbol(exported) : exported);
    });
  }

  #toType(symbol: TypeSymbol): PublicType {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const isClass = (symbol.flags & SymbolFlags.Class) !== 0;
    const members = this.#checker
      .getPropertiesOfType(type)
      .filter((member) => this.#isPublic(member, isClass))
      .map((member) => this.#toMember(member));
    return {
      name: symbol.name,
      description: joined(this.#checker.getDocumentationCommentOfSymbol(symbol)),
      isClass,
      members: members.toSorted(
        (one, other) =>
          Number(one.isOptional) - Number(other.isOptional) || one.name.localeCompare(other.name),
      ),
    };
  }

  #isPublic({ name, declarations }: TypeSymbol, isClass: boolean): boolean {
    if (!isClass) return true;
    if (name.includes('#') || INHERITED.includes(name)) return false;
    return !/^(?:protected|private) /.test(this.#declarationOf(declarations)?.getText() ?? '');
  }

  #parametersOf(signature: Signature): string {
    const names = signature.getParameters().map(({ name, declarations }) => {
      const text = this.#declarationOf(declarations)?.getText() ?? '';
      return text.startsWith(`${name}?`) ? `${name}?` : name;
    });
    return `(${names.join(', ')})`;
  }

  #declarationOf([declaration]: TypeSymbol['declarations']) {
    return declaration?.resolve(this.#project);
  }

  #toMember(symbol: TypeSymbol): Member {
    const checker = this.#checker;
    const type = checker.getTypeOfSymbol(symbol);
    if (type === undefined) throw new TypeError(`${symbol.name} has no type.`);
    const [signature] = checker.getSignaturesOfType(type, SignatureKind.Call);
    const returned = signature && checker.getReturnTypeOfSignature(signature);
    const tags = checker.getJsDocTagsOfSymbol(symbol);
    const tag = (name: string): string | undefined => {
      const found = tags.find((one) => one.name === name);
      return found && joined(String(found.text ?? ''));
    };
    const [byDefault, throws] = [tag('default'), tag('throws')];
    const isMethod =
      signature !== undefined &&
      returned !== undefined &&
      (symbol.flags & SymbolFlags.Method) !== 0;
    return {
      name: symbol.name,
      type: checker.typeToString(isMethod ? returned : type).replace(/ \| undefined$/, ''),
      ...(isMethod && { parameters: this.#parametersOf(signature) }),
      isOptional: (symbol.flags & SymbolFlags.Optional) !== 0,
      description: joined(checker.getDocumentationCommentOfSymbol(symbol)),
      ...(byDefault !== undefined && { default: byDefault }),
      ...(throws !== undefined && { throws }),
      file: relative(
        ROOT,
        this.#declarationOf(symbol.declarations)?.getSourceFile().fileName ?? '',
      ),
    };
  }
}

/** Opens the project of the constructs and their examples, and closes it after its use. */
export function readPublicTypes<T>(use: (reader: Reader) => T): T {
  const api = new API({ cwd: ROOT });
  try {
    using snapshot = api.updateSnapshot({ openProjects: [CONFIG] });
    const project = snapshot.getProject(CONFIG);
    if (project === undefined) throw new TypeError('The project of the constructs was not found.');
    return use(new Reader(project));
  } finally {
    api.close();
  }
}
