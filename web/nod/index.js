/** The client library of Nod: what an application needs to sign people in. Every module stands alone. */

export { Connection } from "./connection.js";
export { NodError } from "./errors.js";
export { Http } from "./http.js";
export { challengeOf, newIdentifier, newVerifier } from "./random.js";
export { Session } from "./session.js";
export { MemoryStorage, SessionStorage } from "./storage.js";
export { SignIn, resumeSignIn, startApproval, startPhone, startQr } from "./sign_in.js";
