import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace holdfast. */
export namespace holdfast {

    /** Namespace agent. */
    namespace agent {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a NodeReport.
             * @deprecated Use holdfast.agent.v1.NodeReport.$Properties instead.
             */
            interface INodeReport extends holdfast.agent.v1.NodeReport.$Properties {
            }

            /** Represents a NodeReport. */
            class NodeReport {

                /**
                 * Constructs a new NodeReport.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.agent.v1.NodeReport.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NodeReport nodeId. */
                nodeId: string;

                /** NodeReport agentVersion. */
                agentVersion: string;

                /** NodeReport sentAtUnixMs. */
                sentAtUnixMs: number;

                /** NodeReport appliedSequence. */
                appliedSequence: number;

                /** NodeReport interfaces. */
                interfaces: holdfast.agent.v1.InterfaceReport.$Properties[];

                /** NodeReport instanceId. */
                instanceId: string;

                /**
                 * Creates a new NodeReport instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeReport instance
                 */
                static create(properties: holdfast.agent.v1.NodeReport.$Shape): holdfast.agent.v1.NodeReport & holdfast.agent.v1.NodeReport.$Shape;
                static create(properties?: holdfast.agent.v1.NodeReport.$Properties): holdfast.agent.v1.NodeReport;

                /**
                 * Encodes the specified NodeReport message. Does not implicitly {@link holdfast.agent.v1.NodeReport.verify|verify} messages.
                 * @param message NodeReport message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.agent.v1.NodeReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeReport message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.agent.v1.NodeReport & holdfast.agent.v1.NodeReport.$Shape} NodeReport
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.agent.v1.NodeReport & holdfast.agent.v1.NodeReport.$Shape;
            }

            namespace NodeReport {

                /** Properties of a NodeReport. */
                interface $Properties {

                    /** NodeReport nodeId */
                    nodeId?: (string|null);

                    /** NodeReport agentVersion */
                    agentVersion?: (string|null);

                    /** NodeReport sentAtUnixMs */
                    sentAtUnixMs?: (number|null);

                    /** NodeReport appliedSequence */
                    appliedSequence?: (number|null);

                    /** NodeReport interfaces */
                    interfaces?: (holdfast.agent.v1.InterfaceReport.$Properties[]|null);

                    /** NodeReport instanceId */
                    instanceId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeReport. */
                type $Shape = holdfast.agent.v1.NodeReport.$Properties;
            }

            /**
             * Properties of an InterfaceReport.
             * @deprecated Use holdfast.agent.v1.InterfaceReport.$Properties instead.
             */
            interface IInterfaceReport extends holdfast.agent.v1.InterfaceReport.$Properties {
            }

            /** Represents an InterfaceReport. */
            class InterfaceReport {

                /**
                 * Constructs a new InterfaceReport.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.agent.v1.InterfaceReport.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceReport interfaceId. */
                interfaceId: string;

                /** InterfaceReport appliedSequence. */
                appliedSequence: number;

                /** InterfaceReport isEnforced. */
                isEnforced: boolean;

                /** InterfaceReport error. */
                error: string;

                /** InterfaceReport driver. */
                driver: string;

                /** InterfaceReport desiredHash. */
                desiredHash: Uint8Array;

                /** InterfaceReport observedHash. */
                observedHash: Uint8Array;

                /** InterfaceReport driftRepaired. */
                driftRepaired: number;

                /** InterfaceReport peers. */
                peers: holdfast.agent.v1.PeerReport.$Properties[];

                /** InterfaceReport isFull. */
                isFull: boolean;

                /**
                 * Creates a new InterfaceReport instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceReport instance
                 */
                static create(properties: holdfast.agent.v1.InterfaceReport.$Shape): holdfast.agent.v1.InterfaceReport & holdfast.agent.v1.InterfaceReport.$Shape;
                static create(properties?: holdfast.agent.v1.InterfaceReport.$Properties): holdfast.agent.v1.InterfaceReport;

                /**
                 * Encodes the specified InterfaceReport message. Does not implicitly {@link holdfast.agent.v1.InterfaceReport.verify|verify} messages.
                 * @param message InterfaceReport message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.agent.v1.InterfaceReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceReport message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.agent.v1.InterfaceReport & holdfast.agent.v1.InterfaceReport.$Shape} InterfaceReport
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.agent.v1.InterfaceReport & holdfast.agent.v1.InterfaceReport.$Shape;
            }

            namespace InterfaceReport {

                /** Properties of an InterfaceReport. */
                interface $Properties {

                    /** InterfaceReport interfaceId */
                    interfaceId?: (string|null);

                    /** InterfaceReport appliedSequence */
                    appliedSequence?: (number|null);

                    /** InterfaceReport isEnforced */
                    isEnforced?: (boolean|null);

                    /** InterfaceReport error */
                    error?: (string|null);

                    /** InterfaceReport driver */
                    driver?: (string|null);

                    /** InterfaceReport desiredHash */
                    desiredHash?: (Uint8Array|null);

                    /** InterfaceReport observedHash */
                    observedHash?: (Uint8Array|null);

                    /** InterfaceReport driftRepaired */
                    driftRepaired?: (number|null);

                    /** InterfaceReport peers */
                    peers?: (holdfast.agent.v1.PeerReport.$Properties[]|null);

                    /** InterfaceReport isFull */
                    isFull?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceReport. */
                type $Shape = holdfast.agent.v1.InterfaceReport.$Properties;
            }

            /**
             * Properties of a PeerReport.
             * @deprecated Use holdfast.agent.v1.PeerReport.$Properties instead.
             */
            interface IPeerReport extends holdfast.agent.v1.PeerReport.$Properties {
            }

            /** Represents a PeerReport. */
            class PeerReport {

                /**
                 * Constructs a new PeerReport.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.agent.v1.PeerReport.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerReport publicKey. */
                publicKey: Uint8Array;

                /** PeerReport latestHandshakeUnixMs. */
                latestHandshakeUnixMs: number;

                /** PeerReport rxBytes. */
                rxBytes: number;

                /** PeerReport txBytes. */
                txBytes: number;

                /** PeerReport endpoint. */
                endpoint: string;

                /**
                 * Creates a new PeerReport instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerReport instance
                 */
                static create(properties: holdfast.agent.v1.PeerReport.$Shape): holdfast.agent.v1.PeerReport & holdfast.agent.v1.PeerReport.$Shape;
                static create(properties?: holdfast.agent.v1.PeerReport.$Properties): holdfast.agent.v1.PeerReport;

                /**
                 * Encodes the specified PeerReport message. Does not implicitly {@link holdfast.agent.v1.PeerReport.verify|verify} messages.
                 * @param message PeerReport message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.agent.v1.PeerReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerReport message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.agent.v1.PeerReport & holdfast.agent.v1.PeerReport.$Shape} PeerReport
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.agent.v1.PeerReport & holdfast.agent.v1.PeerReport.$Shape;
            }

            namespace PeerReport {

                /** Properties of a PeerReport. */
                interface $Properties {

                    /** PeerReport publicKey */
                    publicKey?: (Uint8Array|null);

                    /** PeerReport latestHandshakeUnixMs */
                    latestHandshakeUnixMs?: (number|null);

                    /** PeerReport rxBytes */
                    rxBytes?: (number|null);

                    /** PeerReport txBytes */
                    txBytes?: (number|null);

                    /** PeerReport endpoint */
                    endpoint?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerReport. */
                type $Shape = holdfast.agent.v1.PeerReport.$Properties;
            }
        }
    }

    /** Namespace auth. */
    namespace auth {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a LoginRequest.
             * @deprecated Use holdfast.auth.v1.LoginRequest.$Properties instead.
             */
            interface ILoginRequest extends holdfast.auth.v1.LoginRequest.$Properties {
            }

            /** Represents a LoginRequest. */
            class LoginRequest {

                /**
                 * Constructs a new LoginRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.LoginRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** LoginRequest login. */
                login: string;

                /** LoginRequest password. */
                password: string;

                /** LoginRequest clientAddress. */
                clientAddress: string;

                /** LoginRequest userAgent. */
                userAgent: string;

                /**
                 * Creates a new LoginRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns LoginRequest instance
                 */
                static create(properties: holdfast.auth.v1.LoginRequest.$Shape): holdfast.auth.v1.LoginRequest & holdfast.auth.v1.LoginRequest.$Shape;
                static create(properties?: holdfast.auth.v1.LoginRequest.$Properties): holdfast.auth.v1.LoginRequest;

                /**
                 * Encodes the specified LoginRequest message. Does not implicitly {@link holdfast.auth.v1.LoginRequest.verify|verify} messages.
                 * @param message LoginRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.LoginRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a LoginRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.LoginRequest & holdfast.auth.v1.LoginRequest.$Shape} LoginRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.LoginRequest & holdfast.auth.v1.LoginRequest.$Shape;
            }

            namespace LoginRequest {

                /** Properties of a LoginRequest. */
                interface $Properties {

                    /** LoginRequest login */
                    login?: (string|null);

                    /** LoginRequest password */
                    password?: (string|null);

                    /** LoginRequest clientAddress */
                    clientAddress?: (string|null);

                    /** LoginRequest userAgent */
                    userAgent?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a LoginRequest. */
                type $Shape = holdfast.auth.v1.LoginRequest.$Properties;
            }

            /**
             * Properties of a LoginResponse.
             * @deprecated Use holdfast.auth.v1.LoginResponse.$Properties instead.
             */
            interface ILoginResponse extends holdfast.auth.v1.LoginResponse.$Properties {
            }

            /** Represents a LoginResponse. */
            class LoginResponse {

                /**
                 * Constructs a new LoginResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.LoginResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** LoginResponse tokens. */
                tokens?: (holdfast.auth.v1.Tokens.$Properties|null);

                /** LoginResponse challenge. */
                challenge: string;

                /** LoginResponse methods. */
                methods: string[];

                /**
                 * Creates a new LoginResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns LoginResponse instance
                 */
                static create(properties: holdfast.auth.v1.LoginResponse.$Shape): holdfast.auth.v1.LoginResponse & holdfast.auth.v1.LoginResponse.$Shape;
                static create(properties?: holdfast.auth.v1.LoginResponse.$Properties): holdfast.auth.v1.LoginResponse;

                /**
                 * Encodes the specified LoginResponse message. Does not implicitly {@link holdfast.auth.v1.LoginResponse.verify|verify} messages.
                 * @param message LoginResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.LoginResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a LoginResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.LoginResponse & holdfast.auth.v1.LoginResponse.$Shape} LoginResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.LoginResponse & holdfast.auth.v1.LoginResponse.$Shape;
            }

            namespace LoginResponse {

                /** Properties of a LoginResponse. */
                interface $Properties {

                    /** LoginResponse tokens */
                    tokens?: (holdfast.auth.v1.Tokens.$Properties|null);

                    /** LoginResponse challenge */
                    challenge?: (string|null);

                    /** LoginResponse methods */
                    methods?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a LoginResponse. */
                type $Shape = holdfast.auth.v1.LoginResponse.$Properties;
            }

            /**
             * Properties of a Tokens.
             * @deprecated Use holdfast.auth.v1.Tokens.$Properties instead.
             */
            interface ITokens extends holdfast.auth.v1.Tokens.$Properties {
            }

            /** Represents a Tokens. */
            class Tokens {

                /**
                 * Constructs a new Tokens.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.Tokens.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Tokens accessToken. */
                accessToken: string;

                /** Tokens refreshToken. */
                refreshToken: string;

                /** Tokens expiresInSeconds. */
                expiresInSeconds: number;

                /**
                 * Creates a new Tokens instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Tokens instance
                 */
                static create(properties: holdfast.auth.v1.Tokens.$Shape): holdfast.auth.v1.Tokens & holdfast.auth.v1.Tokens.$Shape;
                static create(properties?: holdfast.auth.v1.Tokens.$Properties): holdfast.auth.v1.Tokens;

                /**
                 * Encodes the specified Tokens message. Does not implicitly {@link holdfast.auth.v1.Tokens.verify|verify} messages.
                 * @param message Tokens message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.Tokens.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Tokens message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.Tokens & holdfast.auth.v1.Tokens.$Shape} Tokens
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.Tokens & holdfast.auth.v1.Tokens.$Shape;
            }

            namespace Tokens {

                /** Properties of a Tokens. */
                interface $Properties {

                    /** Tokens accessToken */
                    accessToken?: (string|null);

                    /** Tokens refreshToken */
                    refreshToken?: (string|null);

                    /** Tokens expiresInSeconds */
                    expiresInSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Tokens. */
                type $Shape = holdfast.auth.v1.Tokens.$Properties;
            }

            /**
             * Properties of a RefreshRequest.
             * @deprecated Use holdfast.auth.v1.RefreshRequest.$Properties instead.
             */
            interface IRefreshRequest extends holdfast.auth.v1.RefreshRequest.$Properties {
            }

            /** Represents a RefreshRequest. */
            class RefreshRequest {

                /**
                 * Constructs a new RefreshRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RefreshRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RefreshRequest refreshToken. */
                refreshToken: string;

                /** RefreshRequest clientAddress. */
                clientAddress: string;

                /** RefreshRequest userAgent. */
                userAgent: string;

                /**
                 * Creates a new RefreshRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RefreshRequest instance
                 */
                static create(properties: holdfast.auth.v1.RefreshRequest.$Shape): holdfast.auth.v1.RefreshRequest & holdfast.auth.v1.RefreshRequest.$Shape;
                static create(properties?: holdfast.auth.v1.RefreshRequest.$Properties): holdfast.auth.v1.RefreshRequest;

                /**
                 * Encodes the specified RefreshRequest message. Does not implicitly {@link holdfast.auth.v1.RefreshRequest.verify|verify} messages.
                 * @param message RefreshRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RefreshRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RefreshRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RefreshRequest & holdfast.auth.v1.RefreshRequest.$Shape} RefreshRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RefreshRequest & holdfast.auth.v1.RefreshRequest.$Shape;
            }

            namespace RefreshRequest {

                /** Properties of a RefreshRequest. */
                interface $Properties {

                    /** RefreshRequest refreshToken */
                    refreshToken?: (string|null);

                    /** RefreshRequest clientAddress */
                    clientAddress?: (string|null);

                    /** RefreshRequest userAgent */
                    userAgent?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RefreshRequest. */
                type $Shape = holdfast.auth.v1.RefreshRequest.$Properties;
            }

            /**
             * Properties of a RefreshResponse.
             * @deprecated Use holdfast.auth.v1.RefreshResponse.$Properties instead.
             */
            interface IRefreshResponse extends holdfast.auth.v1.RefreshResponse.$Properties {
            }

            /** Represents a RefreshResponse. */
            class RefreshResponse {

                /**
                 * Constructs a new RefreshResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RefreshResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RefreshResponse tokens. */
                tokens?: (holdfast.auth.v1.Tokens.$Properties|null);

                /**
                 * Creates a new RefreshResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RefreshResponse instance
                 */
                static create(properties: holdfast.auth.v1.RefreshResponse.$Shape): holdfast.auth.v1.RefreshResponse & holdfast.auth.v1.RefreshResponse.$Shape;
                static create(properties?: holdfast.auth.v1.RefreshResponse.$Properties): holdfast.auth.v1.RefreshResponse;

                /**
                 * Encodes the specified RefreshResponse message. Does not implicitly {@link holdfast.auth.v1.RefreshResponse.verify|verify} messages.
                 * @param message RefreshResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RefreshResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RefreshResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RefreshResponse & holdfast.auth.v1.RefreshResponse.$Shape} RefreshResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RefreshResponse & holdfast.auth.v1.RefreshResponse.$Shape;
            }

            namespace RefreshResponse {

                /** Properties of a RefreshResponse. */
                interface $Properties {

                    /** RefreshResponse tokens */
                    tokens?: (holdfast.auth.v1.Tokens.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RefreshResponse. */
                type $Shape = holdfast.auth.v1.RefreshResponse.$Properties;
            }

            /**
             * Properties of a LogoutRequest.
             * @deprecated Use holdfast.auth.v1.LogoutRequest.$Properties instead.
             */
            interface ILogoutRequest extends holdfast.auth.v1.LogoutRequest.$Properties {
            }

            /** Represents a LogoutRequest. */
            class LogoutRequest {

                /**
                 * Constructs a new LogoutRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.LogoutRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** LogoutRequest refreshToken. */
                refreshToken: string;

                /**
                 * Creates a new LogoutRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns LogoutRequest instance
                 */
                static create(properties: holdfast.auth.v1.LogoutRequest.$Shape): holdfast.auth.v1.LogoutRequest & holdfast.auth.v1.LogoutRequest.$Shape;
                static create(properties?: holdfast.auth.v1.LogoutRequest.$Properties): holdfast.auth.v1.LogoutRequest;

                /**
                 * Encodes the specified LogoutRequest message. Does not implicitly {@link holdfast.auth.v1.LogoutRequest.verify|verify} messages.
                 * @param message LogoutRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.LogoutRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a LogoutRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.LogoutRequest & holdfast.auth.v1.LogoutRequest.$Shape} LogoutRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.LogoutRequest & holdfast.auth.v1.LogoutRequest.$Shape;
            }

            namespace LogoutRequest {

                /** Properties of a LogoutRequest. */
                interface $Properties {

                    /** LogoutRequest refreshToken */
                    refreshToken?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a LogoutRequest. */
                type $Shape = holdfast.auth.v1.LogoutRequest.$Properties;
            }

            /**
             * Properties of a LogoutResponse.
             * @deprecated Use holdfast.auth.v1.LogoutResponse.$Properties instead.
             */
            interface ILogoutResponse extends holdfast.auth.v1.LogoutResponse.$Properties {
            }

            /** Represents a LogoutResponse. */
            class LogoutResponse {

                /**
                 * Constructs a new LogoutResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.LogoutResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new LogoutResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns LogoutResponse instance
                 */
                static create(properties: holdfast.auth.v1.LogoutResponse.$Shape): holdfast.auth.v1.LogoutResponse & holdfast.auth.v1.LogoutResponse.$Shape;
                static create(properties?: holdfast.auth.v1.LogoutResponse.$Properties): holdfast.auth.v1.LogoutResponse;

                /**
                 * Encodes the specified LogoutResponse message. Does not implicitly {@link holdfast.auth.v1.LogoutResponse.verify|verify} messages.
                 * @param message LogoutResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.LogoutResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a LogoutResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.LogoutResponse & holdfast.auth.v1.LogoutResponse.$Shape} LogoutResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.LogoutResponse & holdfast.auth.v1.LogoutResponse.$Shape;
            }

            namespace LogoutResponse {

                /** Properties of a LogoutResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a LogoutResponse. */
                type $Shape = holdfast.auth.v1.LogoutResponse.$Properties;
            }

            /**
             * Properties of a ChangePasswordRequest.
             * @deprecated Use holdfast.auth.v1.ChangePasswordRequest.$Properties instead.
             */
            interface IChangePasswordRequest extends holdfast.auth.v1.ChangePasswordRequest.$Properties {
            }

            /** Represents a ChangePasswordRequest. */
            class ChangePasswordRequest {

                /**
                 * Constructs a new ChangePasswordRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ChangePasswordRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ChangePasswordRequest currentPassword. */
                currentPassword: string;

                /** ChangePasswordRequest newPassword. */
                newPassword: string;

                /**
                 * Creates a new ChangePasswordRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ChangePasswordRequest instance
                 */
                static create(properties: holdfast.auth.v1.ChangePasswordRequest.$Shape): holdfast.auth.v1.ChangePasswordRequest & holdfast.auth.v1.ChangePasswordRequest.$Shape;
                static create(properties?: holdfast.auth.v1.ChangePasswordRequest.$Properties): holdfast.auth.v1.ChangePasswordRequest;

                /**
                 * Encodes the specified ChangePasswordRequest message. Does not implicitly {@link holdfast.auth.v1.ChangePasswordRequest.verify|verify} messages.
                 * @param message ChangePasswordRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ChangePasswordRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ChangePasswordRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ChangePasswordRequest & holdfast.auth.v1.ChangePasswordRequest.$Shape} ChangePasswordRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ChangePasswordRequest & holdfast.auth.v1.ChangePasswordRequest.$Shape;
            }

            namespace ChangePasswordRequest {

                /** Properties of a ChangePasswordRequest. */
                interface $Properties {

                    /** ChangePasswordRequest currentPassword */
                    currentPassword?: (string|null);

                    /** ChangePasswordRequest newPassword */
                    newPassword?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ChangePasswordRequest. */
                type $Shape = holdfast.auth.v1.ChangePasswordRequest.$Properties;
            }

            /**
             * Properties of a ChangePasswordResponse.
             * @deprecated Use holdfast.auth.v1.ChangePasswordResponse.$Properties instead.
             */
            interface IChangePasswordResponse extends holdfast.auth.v1.ChangePasswordResponse.$Properties {
            }

            /** Represents a ChangePasswordResponse. */
            class ChangePasswordResponse {

                /**
                 * Constructs a new ChangePasswordResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ChangePasswordResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new ChangePasswordResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ChangePasswordResponse instance
                 */
                static create(properties: holdfast.auth.v1.ChangePasswordResponse.$Shape): holdfast.auth.v1.ChangePasswordResponse & holdfast.auth.v1.ChangePasswordResponse.$Shape;
                static create(properties?: holdfast.auth.v1.ChangePasswordResponse.$Properties): holdfast.auth.v1.ChangePasswordResponse;

                /**
                 * Encodes the specified ChangePasswordResponse message. Does not implicitly {@link holdfast.auth.v1.ChangePasswordResponse.verify|verify} messages.
                 * @param message ChangePasswordResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ChangePasswordResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ChangePasswordResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ChangePasswordResponse & holdfast.auth.v1.ChangePasswordResponse.$Shape} ChangePasswordResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ChangePasswordResponse & holdfast.auth.v1.ChangePasswordResponse.$Shape;
            }

            namespace ChangePasswordResponse {

                /** Properties of a ChangePasswordResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ChangePasswordResponse. */
                type $Shape = holdfast.auth.v1.ChangePasswordResponse.$Properties;
            }

            /**
             * Properties of a GetMeRequest.
             * @deprecated Use holdfast.auth.v1.GetMeRequest.$Properties instead.
             */
            interface IGetMeRequest extends holdfast.auth.v1.GetMeRequest.$Properties {
            }

            /** Represents a GetMeRequest. */
            class GetMeRequest {

                /**
                 * Constructs a new GetMeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetMeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new GetMeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetMeRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetMeRequest.$Shape): holdfast.auth.v1.GetMeRequest & holdfast.auth.v1.GetMeRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetMeRequest.$Properties): holdfast.auth.v1.GetMeRequest;

                /**
                 * Encodes the specified GetMeRequest message. Does not implicitly {@link holdfast.auth.v1.GetMeRequest.verify|verify} messages.
                 * @param message GetMeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetMeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetMeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetMeRequest & holdfast.auth.v1.GetMeRequest.$Shape} GetMeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetMeRequest & holdfast.auth.v1.GetMeRequest.$Shape;
            }

            namespace GetMeRequest {

                /** Properties of a GetMeRequest. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetMeRequest. */
                type $Shape = holdfast.auth.v1.GetMeRequest.$Properties;
            }

            /**
             * Properties of a GetMeResponse.
             * @deprecated Use holdfast.auth.v1.GetMeResponse.$Properties instead.
             */
            interface IGetMeResponse extends holdfast.auth.v1.GetMeResponse.$Properties {
            }

            /** Represents a GetMeResponse. */
            class GetMeResponse {

                /**
                 * Constructs a new GetMeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetMeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetMeResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /** GetMeResponse sessionId. */
                sessionId: string;

                /** GetMeResponse permissions. */
                permissions: { [k: string]: holdfast.auth.v1.PermissionList.$Properties };

                /**
                 * Creates a new GetMeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetMeResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetMeResponse.$Shape): holdfast.auth.v1.GetMeResponse & holdfast.auth.v1.GetMeResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetMeResponse.$Properties): holdfast.auth.v1.GetMeResponse;

                /**
                 * Encodes the specified GetMeResponse message. Does not implicitly {@link holdfast.auth.v1.GetMeResponse.verify|verify} messages.
                 * @param message GetMeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetMeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetMeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetMeResponse & holdfast.auth.v1.GetMeResponse.$Shape} GetMeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetMeResponse & holdfast.auth.v1.GetMeResponse.$Shape;
            }

            namespace GetMeResponse {

                /** Properties of a GetMeResponse. */
                interface $Properties {

                    /** GetMeResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** GetMeResponse sessionId */
                    sessionId?: (string|null);

                    /** GetMeResponse permissions */
                    permissions?: ({ [k: string]: holdfast.auth.v1.PermissionList.$Properties }|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetMeResponse. */
                type $Shape = holdfast.auth.v1.GetMeResponse.$Properties;
            }

            /**
             * Properties of a PermissionList.
             * @deprecated Use holdfast.auth.v1.PermissionList.$Properties instead.
             */
            interface IPermissionList extends holdfast.auth.v1.PermissionList.$Properties {
            }

            /** Represents a PermissionList. */
            class PermissionList {

                /**
                 * Constructs a new PermissionList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.PermissionList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PermissionList codes. */
                codes: string[];

                /**
                 * Creates a new PermissionList instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PermissionList instance
                 */
                static create(properties: holdfast.auth.v1.PermissionList.$Shape): holdfast.auth.v1.PermissionList & holdfast.auth.v1.PermissionList.$Shape;
                static create(properties?: holdfast.auth.v1.PermissionList.$Properties): holdfast.auth.v1.PermissionList;

                /**
                 * Encodes the specified PermissionList message. Does not implicitly {@link holdfast.auth.v1.PermissionList.verify|verify} messages.
                 * @param message PermissionList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.PermissionList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PermissionList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.PermissionList & holdfast.auth.v1.PermissionList.$Shape} PermissionList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.PermissionList & holdfast.auth.v1.PermissionList.$Shape;
            }

            namespace PermissionList {

                /** Properties of a PermissionList. */
                interface $Properties {

                    /** PermissionList codes */
                    codes?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PermissionList. */
                type $Shape = holdfast.auth.v1.PermissionList.$Properties;
            }

            /**
             * Properties of a GetKeySetRequest.
             * @deprecated Use holdfast.auth.v1.GetKeySetRequest.$Properties instead.
             */
            interface IGetKeySetRequest extends holdfast.auth.v1.GetKeySetRequest.$Properties {
            }

            /** Represents a GetKeySetRequest. */
            class GetKeySetRequest {

                /**
                 * Constructs a new GetKeySetRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetKeySetRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new GetKeySetRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetKeySetRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetKeySetRequest.$Shape): holdfast.auth.v1.GetKeySetRequest & holdfast.auth.v1.GetKeySetRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetKeySetRequest.$Properties): holdfast.auth.v1.GetKeySetRequest;

                /**
                 * Encodes the specified GetKeySetRequest message. Does not implicitly {@link holdfast.auth.v1.GetKeySetRequest.verify|verify} messages.
                 * @param message GetKeySetRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetKeySetRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetKeySetRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetKeySetRequest & holdfast.auth.v1.GetKeySetRequest.$Shape} GetKeySetRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetKeySetRequest & holdfast.auth.v1.GetKeySetRequest.$Shape;
            }

            namespace GetKeySetRequest {

                /** Properties of a GetKeySetRequest. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetKeySetRequest. */
                type $Shape = holdfast.auth.v1.GetKeySetRequest.$Properties;
            }

            /**
             * Properties of a GetKeySetResponse.
             * @deprecated Use holdfast.auth.v1.GetKeySetResponse.$Properties instead.
             */
            interface IGetKeySetResponse extends holdfast.auth.v1.GetKeySetResponse.$Properties {
            }

            /** Represents a GetKeySetResponse. */
            class GetKeySetResponse {

                /**
                 * Constructs a new GetKeySetResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetKeySetResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetKeySetResponse jwks. */
                jwks: string;

                /**
                 * Creates a new GetKeySetResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetKeySetResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetKeySetResponse.$Shape): holdfast.auth.v1.GetKeySetResponse & holdfast.auth.v1.GetKeySetResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetKeySetResponse.$Properties): holdfast.auth.v1.GetKeySetResponse;

                /**
                 * Encodes the specified GetKeySetResponse message. Does not implicitly {@link holdfast.auth.v1.GetKeySetResponse.verify|verify} messages.
                 * @param message GetKeySetResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetKeySetResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetKeySetResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetKeySetResponse & holdfast.auth.v1.GetKeySetResponse.$Shape} GetKeySetResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetKeySetResponse & holdfast.auth.v1.GetKeySetResponse.$Shape;
            }

            namespace GetKeySetResponse {

                /** Properties of a GetKeySetResponse. */
                interface $Properties {

                    /** GetKeySetResponse jwks */
                    jwks?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetKeySetResponse. */
                type $Shape = holdfast.auth.v1.GetKeySetResponse.$Properties;
            }

            /**
             * Properties of a ListRevokedSessionsRequest.
             * @deprecated Use holdfast.auth.v1.ListRevokedSessionsRequest.$Properties instead.
             */
            interface IListRevokedSessionsRequest extends holdfast.auth.v1.ListRevokedSessionsRequest.$Properties {
            }

            /** Represents a ListRevokedSessionsRequest. */
            class ListRevokedSessionsRequest {

                /**
                 * Constructs a new ListRevokedSessionsRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListRevokedSessionsRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new ListRevokedSessionsRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListRevokedSessionsRequest instance
                 */
                static create(properties: holdfast.auth.v1.ListRevokedSessionsRequest.$Shape): holdfast.auth.v1.ListRevokedSessionsRequest & holdfast.auth.v1.ListRevokedSessionsRequest.$Shape;
                static create(properties?: holdfast.auth.v1.ListRevokedSessionsRequest.$Properties): holdfast.auth.v1.ListRevokedSessionsRequest;

                /**
                 * Encodes the specified ListRevokedSessionsRequest message. Does not implicitly {@link holdfast.auth.v1.ListRevokedSessionsRequest.verify|verify} messages.
                 * @param message ListRevokedSessionsRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListRevokedSessionsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListRevokedSessionsRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListRevokedSessionsRequest & holdfast.auth.v1.ListRevokedSessionsRequest.$Shape} ListRevokedSessionsRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListRevokedSessionsRequest & holdfast.auth.v1.ListRevokedSessionsRequest.$Shape;
            }

            namespace ListRevokedSessionsRequest {

                /** Properties of a ListRevokedSessionsRequest. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListRevokedSessionsRequest. */
                type $Shape = holdfast.auth.v1.ListRevokedSessionsRequest.$Properties;
            }

            /**
             * Properties of a ListRevokedSessionsResponse.
             * @deprecated Use holdfast.auth.v1.ListRevokedSessionsResponse.$Properties instead.
             */
            interface IListRevokedSessionsResponse extends holdfast.auth.v1.ListRevokedSessionsResponse.$Properties {
            }

            /** Represents a ListRevokedSessionsResponse. */
            class ListRevokedSessionsResponse {

                /**
                 * Constructs a new ListRevokedSessionsResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListRevokedSessionsResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListRevokedSessionsResponse sessions. */
                sessions: holdfast.auth.v1.RevokedSession.$Properties[];

                /**
                 * Creates a new ListRevokedSessionsResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListRevokedSessionsResponse instance
                 */
                static create(properties: holdfast.auth.v1.ListRevokedSessionsResponse.$Shape): holdfast.auth.v1.ListRevokedSessionsResponse & holdfast.auth.v1.ListRevokedSessionsResponse.$Shape;
                static create(properties?: holdfast.auth.v1.ListRevokedSessionsResponse.$Properties): holdfast.auth.v1.ListRevokedSessionsResponse;

                /**
                 * Encodes the specified ListRevokedSessionsResponse message. Does not implicitly {@link holdfast.auth.v1.ListRevokedSessionsResponse.verify|verify} messages.
                 * @param message ListRevokedSessionsResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListRevokedSessionsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListRevokedSessionsResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListRevokedSessionsResponse & holdfast.auth.v1.ListRevokedSessionsResponse.$Shape} ListRevokedSessionsResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListRevokedSessionsResponse & holdfast.auth.v1.ListRevokedSessionsResponse.$Shape;
            }

            namespace ListRevokedSessionsResponse {

                /** Properties of a ListRevokedSessionsResponse. */
                interface $Properties {

                    /** ListRevokedSessionsResponse sessions */
                    sessions?: (holdfast.auth.v1.RevokedSession.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListRevokedSessionsResponse. */
                type $Shape = holdfast.auth.v1.ListRevokedSessionsResponse.$Properties;
            }

            /**
             * Properties of a RevokedSession.
             * @deprecated Use holdfast.auth.v1.RevokedSession.$Properties instead.
             */
            interface IRevokedSession extends holdfast.auth.v1.RevokedSession.$Properties {
            }

            /** Represents a RevokedSession. */
            class RevokedSession {

                /**
                 * Constructs a new RevokedSession.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RevokedSession.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RevokedSession sessionId. */
                sessionId: string;

                /** RevokedSession revokedAtUnixMs. */
                revokedAtUnixMs: number;

                /**
                 * Creates a new RevokedSession instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RevokedSession instance
                 */
                static create(properties: holdfast.auth.v1.RevokedSession.$Shape): holdfast.auth.v1.RevokedSession & holdfast.auth.v1.RevokedSession.$Shape;
                static create(properties?: holdfast.auth.v1.RevokedSession.$Properties): holdfast.auth.v1.RevokedSession;

                /**
                 * Encodes the specified RevokedSession message. Does not implicitly {@link holdfast.auth.v1.RevokedSession.verify|verify} messages.
                 * @param message RevokedSession message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RevokedSession.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RevokedSession message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RevokedSession & holdfast.auth.v1.RevokedSession.$Shape} RevokedSession
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RevokedSession & holdfast.auth.v1.RevokedSession.$Shape;
            }

            namespace RevokedSession {

                /** Properties of a RevokedSession. */
                interface $Properties {

                    /** RevokedSession sessionId */
                    sessionId?: (string|null);

                    /** RevokedSession revokedAtUnixMs */
                    revokedAtUnixMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RevokedSession. */
                type $Shape = holdfast.auth.v1.RevokedSession.$Properties;
            }

            /**
             * Properties of a RotateSigningKeyRequest.
             * @deprecated Use holdfast.auth.v1.RotateSigningKeyRequest.$Properties instead.
             */
            interface IRotateSigningKeyRequest extends holdfast.auth.v1.RotateSigningKeyRequest.$Properties {
            }

            /** Represents a RotateSigningKeyRequest. */
            class RotateSigningKeyRequest {

                /**
                 * Constructs a new RotateSigningKeyRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RotateSigningKeyRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new RotateSigningKeyRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotateSigningKeyRequest instance
                 */
                static create(properties: holdfast.auth.v1.RotateSigningKeyRequest.$Shape): holdfast.auth.v1.RotateSigningKeyRequest & holdfast.auth.v1.RotateSigningKeyRequest.$Shape;
                static create(properties?: holdfast.auth.v1.RotateSigningKeyRequest.$Properties): holdfast.auth.v1.RotateSigningKeyRequest;

                /**
                 * Encodes the specified RotateSigningKeyRequest message. Does not implicitly {@link holdfast.auth.v1.RotateSigningKeyRequest.verify|verify} messages.
                 * @param message RotateSigningKeyRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RotateSigningKeyRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotateSigningKeyRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RotateSigningKeyRequest & holdfast.auth.v1.RotateSigningKeyRequest.$Shape} RotateSigningKeyRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RotateSigningKeyRequest & holdfast.auth.v1.RotateSigningKeyRequest.$Shape;
            }

            namespace RotateSigningKeyRequest {

                /** Properties of a RotateSigningKeyRequest. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotateSigningKeyRequest. */
                type $Shape = holdfast.auth.v1.RotateSigningKeyRequest.$Properties;
            }

            /**
             * Properties of a RotateSigningKeyResponse.
             * @deprecated Use holdfast.auth.v1.RotateSigningKeyResponse.$Properties instead.
             */
            interface IRotateSigningKeyResponse extends holdfast.auth.v1.RotateSigningKeyResponse.$Properties {
            }

            /** Represents a RotateSigningKeyResponse. */
            class RotateSigningKeyResponse {

                /**
                 * Constructs a new RotateSigningKeyResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RotateSigningKeyResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotateSigningKeyResponse keyId. */
                keyId: string;

                /**
                 * Creates a new RotateSigningKeyResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotateSigningKeyResponse instance
                 */
                static create(properties: holdfast.auth.v1.RotateSigningKeyResponse.$Shape): holdfast.auth.v1.RotateSigningKeyResponse & holdfast.auth.v1.RotateSigningKeyResponse.$Shape;
                static create(properties?: holdfast.auth.v1.RotateSigningKeyResponse.$Properties): holdfast.auth.v1.RotateSigningKeyResponse;

                /**
                 * Encodes the specified RotateSigningKeyResponse message. Does not implicitly {@link holdfast.auth.v1.RotateSigningKeyResponse.verify|verify} messages.
                 * @param message RotateSigningKeyResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RotateSigningKeyResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotateSigningKeyResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RotateSigningKeyResponse & holdfast.auth.v1.RotateSigningKeyResponse.$Shape} RotateSigningKeyResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RotateSigningKeyResponse & holdfast.auth.v1.RotateSigningKeyResponse.$Shape;
            }

            namespace RotateSigningKeyResponse {

                /** Properties of a RotateSigningKeyResponse. */
                interface $Properties {

                    /** RotateSigningKeyResponse keyId */
                    keyId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotateSigningKeyResponse. */
                type $Shape = holdfast.auth.v1.RotateSigningKeyResponse.$Properties;
            }

            /**
             * Properties of a SeedAdminRequest.
             * @deprecated Use holdfast.auth.v1.SeedAdminRequest.$Properties instead.
             */
            interface ISeedAdminRequest extends holdfast.auth.v1.SeedAdminRequest.$Properties {
            }

            /** Represents a SeedAdminRequest. */
            class SeedAdminRequest {

                /**
                 * Constructs a new SeedAdminRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SeedAdminRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SeedAdminRequest email. */
                email: string;

                /** SeedAdminRequest username. */
                username: string;

                /** SeedAdminRequest password. */
                password: string;

                /** SeedAdminRequest organizationName. */
                organizationName: string;

                /**
                 * Creates a new SeedAdminRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SeedAdminRequest instance
                 */
                static create(properties: holdfast.auth.v1.SeedAdminRequest.$Shape): holdfast.auth.v1.SeedAdminRequest & holdfast.auth.v1.SeedAdminRequest.$Shape;
                static create(properties?: holdfast.auth.v1.SeedAdminRequest.$Properties): holdfast.auth.v1.SeedAdminRequest;

                /**
                 * Encodes the specified SeedAdminRequest message. Does not implicitly {@link holdfast.auth.v1.SeedAdminRequest.verify|verify} messages.
                 * @param message SeedAdminRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SeedAdminRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SeedAdminRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SeedAdminRequest & holdfast.auth.v1.SeedAdminRequest.$Shape} SeedAdminRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SeedAdminRequest & holdfast.auth.v1.SeedAdminRequest.$Shape;
            }

            namespace SeedAdminRequest {

                /** Properties of a SeedAdminRequest. */
                interface $Properties {

                    /** SeedAdminRequest email */
                    email?: (string|null);

                    /** SeedAdminRequest username */
                    username?: (string|null);

                    /** SeedAdminRequest password */
                    password?: (string|null);

                    /** SeedAdminRequest organizationName */
                    organizationName?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SeedAdminRequest. */
                type $Shape = holdfast.auth.v1.SeedAdminRequest.$Properties;
            }

            /**
             * Properties of a SeedAdminResponse.
             * @deprecated Use holdfast.auth.v1.SeedAdminResponse.$Properties instead.
             */
            interface ISeedAdminResponse extends holdfast.auth.v1.SeedAdminResponse.$Properties {
            }

            /** Represents a SeedAdminResponse. */
            class SeedAdminResponse {

                /**
                 * Constructs a new SeedAdminResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SeedAdminResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SeedAdminResponse created. */
                created: boolean;

                /** SeedAdminResponse userId. */
                userId: string;

                /** SeedAdminResponse username. */
                username: string;

                /** SeedAdminResponse organizationId. */
                organizationId: string;

                /** SeedAdminResponse generatedPassword. */
                generatedPassword: string;

                /**
                 * Creates a new SeedAdminResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SeedAdminResponse instance
                 */
                static create(properties: holdfast.auth.v1.SeedAdminResponse.$Shape): holdfast.auth.v1.SeedAdminResponse & holdfast.auth.v1.SeedAdminResponse.$Shape;
                static create(properties?: holdfast.auth.v1.SeedAdminResponse.$Properties): holdfast.auth.v1.SeedAdminResponse;

                /**
                 * Encodes the specified SeedAdminResponse message. Does not implicitly {@link holdfast.auth.v1.SeedAdminResponse.verify|verify} messages.
                 * @param message SeedAdminResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SeedAdminResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SeedAdminResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SeedAdminResponse & holdfast.auth.v1.SeedAdminResponse.$Shape} SeedAdminResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SeedAdminResponse & holdfast.auth.v1.SeedAdminResponse.$Shape;
            }

            namespace SeedAdminResponse {

                /** Properties of a SeedAdminResponse. */
                interface $Properties {

                    /** SeedAdminResponse created */
                    created?: (boolean|null);

                    /** SeedAdminResponse userId */
                    userId?: (string|null);

                    /** SeedAdminResponse username */
                    username?: (string|null);

                    /** SeedAdminResponse organizationId */
                    organizationId?: (string|null);

                    /** SeedAdminResponse generatedPassword */
                    generatedPassword?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SeedAdminResponse. */
                type $Shape = holdfast.auth.v1.SeedAdminResponse.$Properties;
            }

            /** Role enum. */
            enum Role {

                /** ROLE_UNSPECIFIED value */
                ROLE_UNSPECIFIED = 0,

                /** ROLE_SUPER_ADMIN value */
                ROLE_SUPER_ADMIN = 1,

                /** ROLE_ORG_ADMIN value */
                ROLE_ORG_ADMIN = 2,

                /** ROLE_OPERATOR value */
                ROLE_OPERATOR = 3,

                /** ROLE_AUDITOR value */
                ROLE_AUDITOR = 4,

                /** ROLE_VIEWER value */
                ROLE_VIEWER = 5
            }

            /**
             * Properties of a RoleBinding.
             * @deprecated Use holdfast.auth.v1.RoleBinding.$Properties instead.
             */
            interface IRoleBinding extends holdfast.auth.v1.RoleBinding.$Properties {
            }

            /** Represents a RoleBinding. */
            class RoleBinding {

                /**
                 * Constructs a new RoleBinding.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RoleBinding.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RoleBinding role. */
                role: holdfast.auth.v1.Role;

                /** RoleBinding organizationId. */
                organizationId: string;

                /**
                 * Creates a new RoleBinding instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RoleBinding instance
                 */
                static create(properties: holdfast.auth.v1.RoleBinding.$Shape): holdfast.auth.v1.RoleBinding & holdfast.auth.v1.RoleBinding.$Shape;
                static create(properties?: holdfast.auth.v1.RoleBinding.$Properties): holdfast.auth.v1.RoleBinding;

                /**
                 * Encodes the specified RoleBinding message. Does not implicitly {@link holdfast.auth.v1.RoleBinding.verify|verify} messages.
                 * @param message RoleBinding message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RoleBinding.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RoleBinding message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RoleBinding & holdfast.auth.v1.RoleBinding.$Shape} RoleBinding
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RoleBinding & holdfast.auth.v1.RoleBinding.$Shape;
            }

            namespace RoleBinding {

                /** Properties of a RoleBinding. */
                interface $Properties {

                    /** RoleBinding role */
                    role?: (holdfast.auth.v1.Role|null);

                    /** RoleBinding organizationId */
                    organizationId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RoleBinding. */
                type $Shape = holdfast.auth.v1.RoleBinding.$Properties;
            }

            /**
             * Properties of a User.
             * @deprecated Use holdfast.auth.v1.User.$Properties instead.
             */
            interface IUser extends holdfast.auth.v1.User.$Properties {
            }

            /** Represents a User. */
            class User {

                /**
                 * Constructs a new User.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.User.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** User id. */
                id: string;

                /** User username. */
                username: string;

                /** User email. */
                email: string;

                /** User displayName. */
                displayName: string;

                /** User bindings. */
                bindings: holdfast.auth.v1.RoleBinding.$Properties[];

                /** User isDisabled. */
                isDisabled: boolean;

                /** User createdAtUnixMs. */
                createdAtUnixMs: number;

                /** User revision. */
                revision: number;

                /** User passwordChangedAtUnixMs. */
                passwordChangedAtUnixMs: number;

                /**
                 * Creates a new User instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns User instance
                 */
                static create(properties: holdfast.auth.v1.User.$Shape): holdfast.auth.v1.User & holdfast.auth.v1.User.$Shape;
                static create(properties?: holdfast.auth.v1.User.$Properties): holdfast.auth.v1.User;

                /**
                 * Encodes the specified User message. Does not implicitly {@link holdfast.auth.v1.User.verify|verify} messages.
                 * @param message User message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.User.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a User message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.User & holdfast.auth.v1.User.$Shape} User
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.User & holdfast.auth.v1.User.$Shape;
            }

            namespace User {

                /** Properties of a User. */
                interface $Properties {

                    /** User id */
                    id?: (string|null);

                    /** User username */
                    username?: (string|null);

                    /** User email */
                    email?: (string|null);

                    /** User displayName */
                    displayName?: (string|null);

                    /** User bindings */
                    bindings?: (holdfast.auth.v1.RoleBinding.$Properties[]|null);

                    /** User isDisabled */
                    isDisabled?: (boolean|null);

                    /** User createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** User revision */
                    revision?: (number|null);

                    /** User passwordChangedAtUnixMs */
                    passwordChangedAtUnixMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a User. */
                type $Shape = holdfast.auth.v1.User.$Properties;
            }

            /**
             * Properties of a CreateEnrolmentTokenRequest.
             * @deprecated Use holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties instead.
             */
            interface ICreateEnrolmentTokenRequest extends holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties {
            }

            /** Represents a CreateEnrolmentTokenRequest. */
            class CreateEnrolmentTokenRequest {

                /**
                 * Constructs a new CreateEnrolmentTokenRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateEnrolmentTokenRequest organizationId. */
                organizationId: string;

                /** CreateEnrolmentTokenRequest siteId. */
                siteId: string;

                /** CreateEnrolmentTokenRequest nodeName. */
                nodeName: string;

                /** CreateEnrolmentTokenRequest ttlSeconds. */
                ttlSeconds: number;

                /**
                 * Creates a new CreateEnrolmentTokenRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateEnrolmentTokenRequest instance
                 */
                static create(properties: holdfast.auth.v1.CreateEnrolmentTokenRequest.$Shape): holdfast.auth.v1.CreateEnrolmentTokenRequest & holdfast.auth.v1.CreateEnrolmentTokenRequest.$Shape;
                static create(properties?: holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties): holdfast.auth.v1.CreateEnrolmentTokenRequest;

                /**
                 * Encodes the specified CreateEnrolmentTokenRequest message. Does not implicitly {@link holdfast.auth.v1.CreateEnrolmentTokenRequest.verify|verify} messages.
                 * @param message CreateEnrolmentTokenRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateEnrolmentTokenRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateEnrolmentTokenRequest & holdfast.auth.v1.CreateEnrolmentTokenRequest.$Shape} CreateEnrolmentTokenRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateEnrolmentTokenRequest & holdfast.auth.v1.CreateEnrolmentTokenRequest.$Shape;
            }

            namespace CreateEnrolmentTokenRequest {

                /** Properties of a CreateEnrolmentTokenRequest. */
                interface $Properties {

                    /** CreateEnrolmentTokenRequest organizationId */
                    organizationId?: (string|null);

                    /** CreateEnrolmentTokenRequest siteId */
                    siteId?: (string|null);

                    /** CreateEnrolmentTokenRequest nodeName */
                    nodeName?: (string|null);

                    /** CreateEnrolmentTokenRequest ttlSeconds */
                    ttlSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateEnrolmentTokenRequest. */
                type $Shape = holdfast.auth.v1.CreateEnrolmentTokenRequest.$Properties;
            }

            /**
             * Properties of a CreateEnrolmentTokenResponse.
             * @deprecated Use holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties instead.
             */
            interface ICreateEnrolmentTokenResponse extends holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties {
            }

            /** Represents a CreateEnrolmentTokenResponse. */
            class CreateEnrolmentTokenResponse {

                /**
                 * Constructs a new CreateEnrolmentTokenResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateEnrolmentTokenResponse token. */
                token: string;

                /** CreateEnrolmentTokenResponse expiresAtUnixMs. */
                expiresAtUnixMs: number;

                /** CreateEnrolmentTokenResponse organizationId. */
                organizationId: string;

                /**
                 * Creates a new CreateEnrolmentTokenResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateEnrolmentTokenResponse instance
                 */
                static create(properties: holdfast.auth.v1.CreateEnrolmentTokenResponse.$Shape): holdfast.auth.v1.CreateEnrolmentTokenResponse & holdfast.auth.v1.CreateEnrolmentTokenResponse.$Shape;
                static create(properties?: holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties): holdfast.auth.v1.CreateEnrolmentTokenResponse;

                /**
                 * Encodes the specified CreateEnrolmentTokenResponse message. Does not implicitly {@link holdfast.auth.v1.CreateEnrolmentTokenResponse.verify|verify} messages.
                 * @param message CreateEnrolmentTokenResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateEnrolmentTokenResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateEnrolmentTokenResponse & holdfast.auth.v1.CreateEnrolmentTokenResponse.$Shape} CreateEnrolmentTokenResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateEnrolmentTokenResponse & holdfast.auth.v1.CreateEnrolmentTokenResponse.$Shape;
            }

            namespace CreateEnrolmentTokenResponse {

                /** Properties of a CreateEnrolmentTokenResponse. */
                interface $Properties {

                    /** CreateEnrolmentTokenResponse token */
                    token?: (string|null);

                    /** CreateEnrolmentTokenResponse expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** CreateEnrolmentTokenResponse organizationId */
                    organizationId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateEnrolmentTokenResponse. */
                type $Shape = holdfast.auth.v1.CreateEnrolmentTokenResponse.$Properties;
            }

            /**
             * Properties of a RedeemEnrolmentTokenRequest.
             * @deprecated Use holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties instead.
             */
            interface IRedeemEnrolmentTokenRequest extends holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties {
            }

            /** Represents a RedeemEnrolmentTokenRequest. */
            class RedeemEnrolmentTokenRequest {

                /**
                 * Constructs a new RedeemEnrolmentTokenRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RedeemEnrolmentTokenRequest token. */
                token: string;

                /** RedeemEnrolmentTokenRequest natsPublicKey. */
                natsPublicKey: string;

                /**
                 * Creates a new RedeemEnrolmentTokenRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RedeemEnrolmentTokenRequest instance
                 */
                static create(properties: holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Shape): holdfast.auth.v1.RedeemEnrolmentTokenRequest & holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Shape;
                static create(properties?: holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties): holdfast.auth.v1.RedeemEnrolmentTokenRequest;

                /**
                 * Encodes the specified RedeemEnrolmentTokenRequest message. Does not implicitly {@link holdfast.auth.v1.RedeemEnrolmentTokenRequest.verify|verify} messages.
                 * @param message RedeemEnrolmentTokenRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RedeemEnrolmentTokenRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RedeemEnrolmentTokenRequest & holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Shape} RedeemEnrolmentTokenRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RedeemEnrolmentTokenRequest & holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Shape;
            }

            namespace RedeemEnrolmentTokenRequest {

                /** Properties of a RedeemEnrolmentTokenRequest. */
                interface $Properties {

                    /** RedeemEnrolmentTokenRequest token */
                    token?: (string|null);

                    /** RedeemEnrolmentTokenRequest natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RedeemEnrolmentTokenRequest. */
                type $Shape = holdfast.auth.v1.RedeemEnrolmentTokenRequest.$Properties;
            }

            /**
             * Properties of a RedeemEnrolmentTokenResponse.
             * @deprecated Use holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties instead.
             */
            interface IRedeemEnrolmentTokenResponse extends holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties {
            }

            /** Represents a RedeemEnrolmentTokenResponse. */
            class RedeemEnrolmentTokenResponse {

                /**
                 * Constructs a new RedeemEnrolmentTokenResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RedeemEnrolmentTokenResponse organizationId. */
                organizationId: string;

                /** RedeemEnrolmentTokenResponse siteId. */
                siteId: string;

                /** RedeemEnrolmentTokenResponse nodeId. */
                nodeId: string;

                /** RedeemEnrolmentTokenResponse nodeName. */
                nodeName: string;

                /** RedeemEnrolmentTokenResponse natsUserJwt. */
                natsUserJwt: string;

                /**
                 * Creates a new RedeemEnrolmentTokenResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RedeemEnrolmentTokenResponse instance
                 */
                static create(properties: holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Shape): holdfast.auth.v1.RedeemEnrolmentTokenResponse & holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Shape;
                static create(properties?: holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties): holdfast.auth.v1.RedeemEnrolmentTokenResponse;

                /**
                 * Encodes the specified RedeemEnrolmentTokenResponse message. Does not implicitly {@link holdfast.auth.v1.RedeemEnrolmentTokenResponse.verify|verify} messages.
                 * @param message RedeemEnrolmentTokenResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RedeemEnrolmentTokenResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RedeemEnrolmentTokenResponse & holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Shape} RedeemEnrolmentTokenResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RedeemEnrolmentTokenResponse & holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Shape;
            }

            namespace RedeemEnrolmentTokenResponse {

                /** Properties of a RedeemEnrolmentTokenResponse. */
                interface $Properties {

                    /** RedeemEnrolmentTokenResponse organizationId */
                    organizationId?: (string|null);

                    /** RedeemEnrolmentTokenResponse siteId */
                    siteId?: (string|null);

                    /** RedeemEnrolmentTokenResponse nodeId */
                    nodeId?: (string|null);

                    /** RedeemEnrolmentTokenResponse nodeName */
                    nodeName?: (string|null);

                    /** RedeemEnrolmentTokenResponse natsUserJwt */
                    natsUserJwt?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RedeemEnrolmentTokenResponse. */
                type $Shape = holdfast.auth.v1.RedeemEnrolmentTokenResponse.$Properties;
            }

            /**
             * Properties of a RevokeNodeRequest.
             * @deprecated Use holdfast.auth.v1.RevokeNodeRequest.$Properties instead.
             */
            interface IRevokeNodeRequest extends holdfast.auth.v1.RevokeNodeRequest.$Properties {
            }

            /** Represents a RevokeNodeRequest. */
            class RevokeNodeRequest {

                /**
                 * Constructs a new RevokeNodeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RevokeNodeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RevokeNodeRequest nodeId. */
                nodeId: string;

                /** RevokeNodeRequest natsPublicKey. */
                natsPublicKey: string;

                /**
                 * Creates a new RevokeNodeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RevokeNodeRequest instance
                 */
                static create(properties: holdfast.auth.v1.RevokeNodeRequest.$Shape): holdfast.auth.v1.RevokeNodeRequest & holdfast.auth.v1.RevokeNodeRequest.$Shape;
                static create(properties?: holdfast.auth.v1.RevokeNodeRequest.$Properties): holdfast.auth.v1.RevokeNodeRequest;

                /**
                 * Encodes the specified RevokeNodeRequest message. Does not implicitly {@link holdfast.auth.v1.RevokeNodeRequest.verify|verify} messages.
                 * @param message RevokeNodeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RevokeNodeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RevokeNodeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RevokeNodeRequest & holdfast.auth.v1.RevokeNodeRequest.$Shape} RevokeNodeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RevokeNodeRequest & holdfast.auth.v1.RevokeNodeRequest.$Shape;
            }

            namespace RevokeNodeRequest {

                /** Properties of a RevokeNodeRequest. */
                interface $Properties {

                    /** RevokeNodeRequest nodeId */
                    nodeId?: (string|null);

                    /** RevokeNodeRequest natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RevokeNodeRequest. */
                type $Shape = holdfast.auth.v1.RevokeNodeRequest.$Properties;
            }

            /**
             * Properties of a RevokeNodeResponse.
             * @deprecated Use holdfast.auth.v1.RevokeNodeResponse.$Properties instead.
             */
            interface IRevokeNodeResponse extends holdfast.auth.v1.RevokeNodeResponse.$Properties {
            }

            /** Represents a RevokeNodeResponse. */
            class RevokeNodeResponse {

                /**
                 * Constructs a new RevokeNodeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RevokeNodeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new RevokeNodeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RevokeNodeResponse instance
                 */
                static create(properties: holdfast.auth.v1.RevokeNodeResponse.$Shape): holdfast.auth.v1.RevokeNodeResponse & holdfast.auth.v1.RevokeNodeResponse.$Shape;
                static create(properties?: holdfast.auth.v1.RevokeNodeResponse.$Properties): holdfast.auth.v1.RevokeNodeResponse;

                /**
                 * Encodes the specified RevokeNodeResponse message. Does not implicitly {@link holdfast.auth.v1.RevokeNodeResponse.verify|verify} messages.
                 * @param message RevokeNodeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RevokeNodeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RevokeNodeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RevokeNodeResponse & holdfast.auth.v1.RevokeNodeResponse.$Shape} RevokeNodeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RevokeNodeResponse & holdfast.auth.v1.RevokeNodeResponse.$Shape;
            }

            namespace RevokeNodeResponse {

                /** Properties of a RevokeNodeResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RevokeNodeResponse. */
                type $Shape = holdfast.auth.v1.RevokeNodeResponse.$Properties;
            }

            /**
             * Properties of an OrganizationCreated.
             * @deprecated Use holdfast.auth.v1.OrganizationCreated.$Properties instead.
             */
            interface IOrganizationCreated extends holdfast.auth.v1.OrganizationCreated.$Properties {
            }

            /** Represents an OrganizationCreated. */
            class OrganizationCreated {

                /**
                 * Constructs a new OrganizationCreated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.OrganizationCreated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** OrganizationCreated name. */
                name: string;

                /** OrganizationCreated description. */
                description: string;

                /**
                 * Creates a new OrganizationCreated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns OrganizationCreated instance
                 */
                static create(properties: holdfast.auth.v1.OrganizationCreated.$Shape): holdfast.auth.v1.OrganizationCreated & holdfast.auth.v1.OrganizationCreated.$Shape;
                static create(properties?: holdfast.auth.v1.OrganizationCreated.$Properties): holdfast.auth.v1.OrganizationCreated;

                /**
                 * Encodes the specified OrganizationCreated message. Does not implicitly {@link holdfast.auth.v1.OrganizationCreated.verify|verify} messages.
                 * @param message OrganizationCreated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.OrganizationCreated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an OrganizationCreated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.OrganizationCreated & holdfast.auth.v1.OrganizationCreated.$Shape} OrganizationCreated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.OrganizationCreated & holdfast.auth.v1.OrganizationCreated.$Shape;
            }

            namespace OrganizationCreated {

                /** Properties of an OrganizationCreated. */
                interface $Properties {

                    /** OrganizationCreated name */
                    name?: (string|null);

                    /** OrganizationCreated description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an OrganizationCreated. */
                type $Shape = holdfast.auth.v1.OrganizationCreated.$Properties;
            }

            /**
             * Properties of an OrganizationUpdated.
             * @deprecated Use holdfast.auth.v1.OrganizationUpdated.$Properties instead.
             */
            interface IOrganizationUpdated extends holdfast.auth.v1.OrganizationUpdated.$Properties {
            }

            /** Represents an OrganizationUpdated. */
            class OrganizationUpdated {

                /**
                 * Constructs a new OrganizationUpdated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.OrganizationUpdated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** OrganizationUpdated name. */
                name: string;

                /** OrganizationUpdated description. */
                description: string;

                /**
                 * Creates a new OrganizationUpdated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns OrganizationUpdated instance
                 */
                static create(properties: holdfast.auth.v1.OrganizationUpdated.$Shape): holdfast.auth.v1.OrganizationUpdated & holdfast.auth.v1.OrganizationUpdated.$Shape;
                static create(properties?: holdfast.auth.v1.OrganizationUpdated.$Properties): holdfast.auth.v1.OrganizationUpdated;

                /**
                 * Encodes the specified OrganizationUpdated message. Does not implicitly {@link holdfast.auth.v1.OrganizationUpdated.verify|verify} messages.
                 * @param message OrganizationUpdated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.OrganizationUpdated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an OrganizationUpdated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.OrganizationUpdated & holdfast.auth.v1.OrganizationUpdated.$Shape} OrganizationUpdated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.OrganizationUpdated & holdfast.auth.v1.OrganizationUpdated.$Shape;
            }

            namespace OrganizationUpdated {

                /** Properties of an OrganizationUpdated. */
                interface $Properties {

                    /** OrganizationUpdated name */
                    name?: (string|null);

                    /** OrganizationUpdated description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an OrganizationUpdated. */
                type $Shape = holdfast.auth.v1.OrganizationUpdated.$Properties;
            }

            /**
             * Properties of an OrganizationDeleted.
             * @deprecated Use holdfast.auth.v1.OrganizationDeleted.$Properties instead.
             */
            interface IOrganizationDeleted extends holdfast.auth.v1.OrganizationDeleted.$Properties {
            }

            /** Represents an OrganizationDeleted. */
            class OrganizationDeleted {

                /**
                 * Constructs a new OrganizationDeleted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.OrganizationDeleted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new OrganizationDeleted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns OrganizationDeleted instance
                 */
                static create(properties: holdfast.auth.v1.OrganizationDeleted.$Shape): holdfast.auth.v1.OrganizationDeleted & holdfast.auth.v1.OrganizationDeleted.$Shape;
                static create(properties?: holdfast.auth.v1.OrganizationDeleted.$Properties): holdfast.auth.v1.OrganizationDeleted;

                /**
                 * Encodes the specified OrganizationDeleted message. Does not implicitly {@link holdfast.auth.v1.OrganizationDeleted.verify|verify} messages.
                 * @param message OrganizationDeleted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.OrganizationDeleted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an OrganizationDeleted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.OrganizationDeleted & holdfast.auth.v1.OrganizationDeleted.$Shape} OrganizationDeleted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.OrganizationDeleted & holdfast.auth.v1.OrganizationDeleted.$Shape;
            }

            namespace OrganizationDeleted {

                /** Properties of an OrganizationDeleted. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an OrganizationDeleted. */
                type $Shape = holdfast.auth.v1.OrganizationDeleted.$Properties;
            }

            /**
             * Properties of a SiteCreated.
             * @deprecated Use holdfast.auth.v1.SiteCreated.$Properties instead.
             */
            interface ISiteCreated extends holdfast.auth.v1.SiteCreated.$Properties {
            }

            /** Represents a SiteCreated. */
            class SiteCreated {

                /**
                 * Constructs a new SiteCreated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SiteCreated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SiteCreated organizationId. */
                organizationId: string;

                /** SiteCreated name. */
                name: string;

                /** SiteCreated description. */
                description: string;

                /**
                 * Creates a new SiteCreated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SiteCreated instance
                 */
                static create(properties: holdfast.auth.v1.SiteCreated.$Shape): holdfast.auth.v1.SiteCreated & holdfast.auth.v1.SiteCreated.$Shape;
                static create(properties?: holdfast.auth.v1.SiteCreated.$Properties): holdfast.auth.v1.SiteCreated;

                /**
                 * Encodes the specified SiteCreated message. Does not implicitly {@link holdfast.auth.v1.SiteCreated.verify|verify} messages.
                 * @param message SiteCreated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SiteCreated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SiteCreated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SiteCreated & holdfast.auth.v1.SiteCreated.$Shape} SiteCreated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SiteCreated & holdfast.auth.v1.SiteCreated.$Shape;
            }

            namespace SiteCreated {

                /** Properties of a SiteCreated. */
                interface $Properties {

                    /** SiteCreated organizationId */
                    organizationId?: (string|null);

                    /** SiteCreated name */
                    name?: (string|null);

                    /** SiteCreated description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SiteCreated. */
                type $Shape = holdfast.auth.v1.SiteCreated.$Properties;
            }

            /**
             * Properties of a SiteUpdated.
             * @deprecated Use holdfast.auth.v1.SiteUpdated.$Properties instead.
             */
            interface ISiteUpdated extends holdfast.auth.v1.SiteUpdated.$Properties {
            }

            /** Represents a SiteUpdated. */
            class SiteUpdated {

                /**
                 * Constructs a new SiteUpdated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SiteUpdated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SiteUpdated name. */
                name: string;

                /** SiteUpdated description. */
                description: string;

                /**
                 * Creates a new SiteUpdated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SiteUpdated instance
                 */
                static create(properties: holdfast.auth.v1.SiteUpdated.$Shape): holdfast.auth.v1.SiteUpdated & holdfast.auth.v1.SiteUpdated.$Shape;
                static create(properties?: holdfast.auth.v1.SiteUpdated.$Properties): holdfast.auth.v1.SiteUpdated;

                /**
                 * Encodes the specified SiteUpdated message. Does not implicitly {@link holdfast.auth.v1.SiteUpdated.verify|verify} messages.
                 * @param message SiteUpdated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SiteUpdated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SiteUpdated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SiteUpdated & holdfast.auth.v1.SiteUpdated.$Shape} SiteUpdated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SiteUpdated & holdfast.auth.v1.SiteUpdated.$Shape;
            }

            namespace SiteUpdated {

                /** Properties of a SiteUpdated. */
                interface $Properties {

                    /** SiteUpdated name */
                    name?: (string|null);

                    /** SiteUpdated description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SiteUpdated. */
                type $Shape = holdfast.auth.v1.SiteUpdated.$Properties;
            }

            /**
             * Properties of a SiteDeleted.
             * @deprecated Use holdfast.auth.v1.SiteDeleted.$Properties instead.
             */
            interface ISiteDeleted extends holdfast.auth.v1.SiteDeleted.$Properties {
            }

            /** Represents a SiteDeleted. */
            class SiteDeleted {

                /**
                 * Constructs a new SiteDeleted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SiteDeleted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new SiteDeleted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SiteDeleted instance
                 */
                static create(properties: holdfast.auth.v1.SiteDeleted.$Shape): holdfast.auth.v1.SiteDeleted & holdfast.auth.v1.SiteDeleted.$Shape;
                static create(properties?: holdfast.auth.v1.SiteDeleted.$Properties): holdfast.auth.v1.SiteDeleted;

                /**
                 * Encodes the specified SiteDeleted message. Does not implicitly {@link holdfast.auth.v1.SiteDeleted.verify|verify} messages.
                 * @param message SiteDeleted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SiteDeleted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SiteDeleted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SiteDeleted & holdfast.auth.v1.SiteDeleted.$Shape} SiteDeleted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SiteDeleted & holdfast.auth.v1.SiteDeleted.$Shape;
            }

            namespace SiteDeleted {

                /** Properties of a SiteDeleted. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SiteDeleted. */
                type $Shape = holdfast.auth.v1.SiteDeleted.$Properties;
            }

            /**
             * Properties of a UserCreated.
             * @deprecated Use holdfast.auth.v1.UserCreated.$Properties instead.
             */
            interface IUserCreated extends holdfast.auth.v1.UserCreated.$Properties {
            }

            /** Represents a UserCreated. */
            class UserCreated {

                /**
                 * Constructs a new UserCreated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UserCreated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UserCreated username. */
                username?: (holdfast.log.v1.Sealed.$Properties|null);

                /** UserCreated email. */
                email?: (holdfast.log.v1.Sealed.$Properties|null);

                /** UserCreated displayName. */
                displayName?: (holdfast.log.v1.Sealed.$Properties|null);

                /** UserCreated passwordHash. */
                passwordHash?: (holdfast.log.v1.Sealed.$Properties|null);

                /**
                 * Creates a new UserCreated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UserCreated instance
                 */
                static create(properties: holdfast.auth.v1.UserCreated.$Shape): holdfast.auth.v1.UserCreated & holdfast.auth.v1.UserCreated.$Shape;
                static create(properties?: holdfast.auth.v1.UserCreated.$Properties): holdfast.auth.v1.UserCreated;

                /**
                 * Encodes the specified UserCreated message. Does not implicitly {@link holdfast.auth.v1.UserCreated.verify|verify} messages.
                 * @param message UserCreated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UserCreated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a UserCreated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UserCreated & holdfast.auth.v1.UserCreated.$Shape} UserCreated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UserCreated & holdfast.auth.v1.UserCreated.$Shape;
            }

            namespace UserCreated {

                /** Properties of a UserCreated. */
                interface $Properties {

                    /** UserCreated username */
                    username?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** UserCreated email */
                    email?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** UserCreated displayName */
                    displayName?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** UserCreated passwordHash */
                    passwordHash?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a UserCreated. */
                type $Shape = holdfast.auth.v1.UserCreated.$Properties;
            }

            /**
             * Properties of a PasswordChanged.
             * @deprecated Use holdfast.auth.v1.PasswordChanged.$Properties instead.
             */
            interface IPasswordChanged extends holdfast.auth.v1.PasswordChanged.$Properties {
            }

            /** Represents a PasswordChanged. */
            class PasswordChanged {

                /**
                 * Constructs a new PasswordChanged.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.PasswordChanged.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PasswordChanged passwordHash. */
                passwordHash?: (holdfast.log.v1.Sealed.$Properties|null);

                /**
                 * Creates a new PasswordChanged instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PasswordChanged instance
                 */
                static create(properties: holdfast.auth.v1.PasswordChanged.$Shape): holdfast.auth.v1.PasswordChanged & holdfast.auth.v1.PasswordChanged.$Shape;
                static create(properties?: holdfast.auth.v1.PasswordChanged.$Properties): holdfast.auth.v1.PasswordChanged;

                /**
                 * Encodes the specified PasswordChanged message. Does not implicitly {@link holdfast.auth.v1.PasswordChanged.verify|verify} messages.
                 * @param message PasswordChanged message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.PasswordChanged.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PasswordChanged message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.PasswordChanged & holdfast.auth.v1.PasswordChanged.$Shape} PasswordChanged
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.PasswordChanged & holdfast.auth.v1.PasswordChanged.$Shape;
            }

            namespace PasswordChanged {

                /** Properties of a PasswordChanged. */
                interface $Properties {

                    /** PasswordChanged passwordHash */
                    passwordHash?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PasswordChanged. */
                type $Shape = holdfast.auth.v1.PasswordChanged.$Properties;
            }

            /**
             * Properties of a RoleGranted.
             * @deprecated Use holdfast.auth.v1.RoleGranted.$Properties instead.
             */
            interface IRoleGranted extends holdfast.auth.v1.RoleGranted.$Properties {
            }

            /** Represents a RoleGranted. */
            class RoleGranted {

                /**
                 * Constructs a new RoleGranted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RoleGranted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RoleGranted binding. */
                binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                /**
                 * Creates a new RoleGranted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RoleGranted instance
                 */
                static create(properties: holdfast.auth.v1.RoleGranted.$Shape): holdfast.auth.v1.RoleGranted & holdfast.auth.v1.RoleGranted.$Shape;
                static create(properties?: holdfast.auth.v1.RoleGranted.$Properties): holdfast.auth.v1.RoleGranted;

                /**
                 * Encodes the specified RoleGranted message. Does not implicitly {@link holdfast.auth.v1.RoleGranted.verify|verify} messages.
                 * @param message RoleGranted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RoleGranted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RoleGranted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RoleGranted & holdfast.auth.v1.RoleGranted.$Shape} RoleGranted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RoleGranted & holdfast.auth.v1.RoleGranted.$Shape;
            }

            namespace RoleGranted {

                /** Properties of a RoleGranted. */
                interface $Properties {

                    /** RoleGranted binding */
                    binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RoleGranted. */
                type $Shape = holdfast.auth.v1.RoleGranted.$Properties;
            }

            /**
             * Properties of a RoleRevoked.
             * @deprecated Use holdfast.auth.v1.RoleRevoked.$Properties instead.
             */
            interface IRoleRevoked extends holdfast.auth.v1.RoleRevoked.$Properties {
            }

            /** Represents a RoleRevoked. */
            class RoleRevoked {

                /**
                 * Constructs a new RoleRevoked.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RoleRevoked.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RoleRevoked binding. */
                binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                /**
                 * Creates a new RoleRevoked instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RoleRevoked instance
                 */
                static create(properties: holdfast.auth.v1.RoleRevoked.$Shape): holdfast.auth.v1.RoleRevoked & holdfast.auth.v1.RoleRevoked.$Shape;
                static create(properties?: holdfast.auth.v1.RoleRevoked.$Properties): holdfast.auth.v1.RoleRevoked;

                /**
                 * Encodes the specified RoleRevoked message. Does not implicitly {@link holdfast.auth.v1.RoleRevoked.verify|verify} messages.
                 * @param message RoleRevoked message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RoleRevoked.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RoleRevoked message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RoleRevoked & holdfast.auth.v1.RoleRevoked.$Shape} RoleRevoked
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RoleRevoked & holdfast.auth.v1.RoleRevoked.$Shape;
            }

            namespace RoleRevoked {

                /** Properties of a RoleRevoked. */
                interface $Properties {

                    /** RoleRevoked binding */
                    binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RoleRevoked. */
                type $Shape = holdfast.auth.v1.RoleRevoked.$Properties;
            }

            /**
             * Properties of a UserDisabled.
             * @deprecated Use holdfast.auth.v1.UserDisabled.$Properties instead.
             */
            interface IUserDisabled extends holdfast.auth.v1.UserDisabled.$Properties {
            }

            /** Represents a UserDisabled. */
            class UserDisabled {

                /**
                 * Constructs a new UserDisabled.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UserDisabled.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new UserDisabled instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UserDisabled instance
                 */
                static create(properties: holdfast.auth.v1.UserDisabled.$Shape): holdfast.auth.v1.UserDisabled & holdfast.auth.v1.UserDisabled.$Shape;
                static create(properties?: holdfast.auth.v1.UserDisabled.$Properties): holdfast.auth.v1.UserDisabled;

                /**
                 * Encodes the specified UserDisabled message. Does not implicitly {@link holdfast.auth.v1.UserDisabled.verify|verify} messages.
                 * @param message UserDisabled message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UserDisabled.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a UserDisabled message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UserDisabled & holdfast.auth.v1.UserDisabled.$Shape} UserDisabled
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UserDisabled & holdfast.auth.v1.UserDisabled.$Shape;
            }

            namespace UserDisabled {

                /** Properties of a UserDisabled. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a UserDisabled. */
                type $Shape = holdfast.auth.v1.UserDisabled.$Properties;
            }

            /**
             * Properties of a UserEnabled.
             * @deprecated Use holdfast.auth.v1.UserEnabled.$Properties instead.
             */
            interface IUserEnabled extends holdfast.auth.v1.UserEnabled.$Properties {
            }

            /** Represents a UserEnabled. */
            class UserEnabled {

                /**
                 * Constructs a new UserEnabled.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UserEnabled.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new UserEnabled instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UserEnabled instance
                 */
                static create(properties: holdfast.auth.v1.UserEnabled.$Shape): holdfast.auth.v1.UserEnabled & holdfast.auth.v1.UserEnabled.$Shape;
                static create(properties?: holdfast.auth.v1.UserEnabled.$Properties): holdfast.auth.v1.UserEnabled;

                /**
                 * Encodes the specified UserEnabled message. Does not implicitly {@link holdfast.auth.v1.UserEnabled.verify|verify} messages.
                 * @param message UserEnabled message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UserEnabled.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a UserEnabled message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UserEnabled & holdfast.auth.v1.UserEnabled.$Shape} UserEnabled
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UserEnabled & holdfast.auth.v1.UserEnabled.$Shape;
            }

            namespace UserEnabled {

                /** Properties of a UserEnabled. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a UserEnabled. */
                type $Shape = holdfast.auth.v1.UserEnabled.$Properties;
            }

            /**
             * Properties of a UserAbandoned.
             * @deprecated Use holdfast.auth.v1.UserAbandoned.$Properties instead.
             */
            interface IUserAbandoned extends holdfast.auth.v1.UserAbandoned.$Properties {
            }

            /** Represents a UserAbandoned. */
            class UserAbandoned {

                /**
                 * Constructs a new UserAbandoned.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UserAbandoned.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new UserAbandoned instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UserAbandoned instance
                 */
                static create(properties: holdfast.auth.v1.UserAbandoned.$Shape): holdfast.auth.v1.UserAbandoned & holdfast.auth.v1.UserAbandoned.$Shape;
                static create(properties?: holdfast.auth.v1.UserAbandoned.$Properties): holdfast.auth.v1.UserAbandoned;

                /**
                 * Encodes the specified UserAbandoned message. Does not implicitly {@link holdfast.auth.v1.UserAbandoned.verify|verify} messages.
                 * @param message UserAbandoned message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UserAbandoned.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a UserAbandoned message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UserAbandoned & holdfast.auth.v1.UserAbandoned.$Shape} UserAbandoned
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UserAbandoned & holdfast.auth.v1.UserAbandoned.$Shape;
            }

            namespace UserAbandoned {

                /** Properties of a UserAbandoned. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a UserAbandoned. */
                type $Shape = holdfast.auth.v1.UserAbandoned.$Properties;
            }

            /**
             * Properties of a NameReserved.
             * @deprecated Use holdfast.auth.v1.NameReserved.$Properties instead.
             */
            interface INameReserved extends holdfast.auth.v1.NameReserved.$Properties {
            }

            /** Represents a NameReserved. */
            class NameReserved {

                /**
                 * Constructs a new NameReserved.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.NameReserved.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NameReserved userId. */
                userId: string;

                /**
                 * Creates a new NameReserved instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NameReserved instance
                 */
                static create(properties: holdfast.auth.v1.NameReserved.$Shape): holdfast.auth.v1.NameReserved & holdfast.auth.v1.NameReserved.$Shape;
                static create(properties?: holdfast.auth.v1.NameReserved.$Properties): holdfast.auth.v1.NameReserved;

                /**
                 * Encodes the specified NameReserved message. Does not implicitly {@link holdfast.auth.v1.NameReserved.verify|verify} messages.
                 * @param message NameReserved message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.NameReserved.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NameReserved message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.NameReserved & holdfast.auth.v1.NameReserved.$Shape} NameReserved
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.NameReserved & holdfast.auth.v1.NameReserved.$Shape;
            }

            namespace NameReserved {

                /** Properties of a NameReserved. */
                interface $Properties {

                    /** NameReserved userId */
                    userId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NameReserved. */
                type $Shape = holdfast.auth.v1.NameReserved.$Properties;
            }

            /**
             * Properties of a NameReleased.
             * @deprecated Use holdfast.auth.v1.NameReleased.$Properties instead.
             */
            interface INameReleased extends holdfast.auth.v1.NameReleased.$Properties {
            }

            /** Represents a NameReleased. */
            class NameReleased {

                /**
                 * Constructs a new NameReleased.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.NameReleased.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NameReleased userId. */
                userId: string;

                /**
                 * Creates a new NameReleased instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NameReleased instance
                 */
                static create(properties: holdfast.auth.v1.NameReleased.$Shape): holdfast.auth.v1.NameReleased & holdfast.auth.v1.NameReleased.$Shape;
                static create(properties?: holdfast.auth.v1.NameReleased.$Properties): holdfast.auth.v1.NameReleased;

                /**
                 * Encodes the specified NameReleased message. Does not implicitly {@link holdfast.auth.v1.NameReleased.verify|verify} messages.
                 * @param message NameReleased message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.NameReleased.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NameReleased message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.NameReleased & holdfast.auth.v1.NameReleased.$Shape} NameReleased
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.NameReleased & holdfast.auth.v1.NameReleased.$Shape;
            }

            namespace NameReleased {

                /** Properties of a NameReleased. */
                interface $Properties {

                    /** NameReleased userId */
                    userId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NameReleased. */
                type $Shape = holdfast.auth.v1.NameReleased.$Properties;
            }

            /**
             * Properties of an EnrolmentTokenCreated.
             * @deprecated Use holdfast.auth.v1.EnrolmentTokenCreated.$Properties instead.
             */
            interface IEnrolmentTokenCreated extends holdfast.auth.v1.EnrolmentTokenCreated.$Properties {
            }

            /** Represents an EnrolmentTokenCreated. */
            class EnrolmentTokenCreated {

                /**
                 * Constructs a new EnrolmentTokenCreated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.EnrolmentTokenCreated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** EnrolmentTokenCreated tokenHash. */
                tokenHash: Uint8Array;

                /** EnrolmentTokenCreated organizationId. */
                organizationId: string;

                /** EnrolmentTokenCreated siteId. */
                siteId: string;

                /** EnrolmentTokenCreated nodeName. */
                nodeName: string;

                /** EnrolmentTokenCreated expiresAtUnixMs. */
                expiresAtUnixMs: number;

                /**
                 * Creates a new EnrolmentTokenCreated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns EnrolmentTokenCreated instance
                 */
                static create(properties: holdfast.auth.v1.EnrolmentTokenCreated.$Shape): holdfast.auth.v1.EnrolmentTokenCreated & holdfast.auth.v1.EnrolmentTokenCreated.$Shape;
                static create(properties?: holdfast.auth.v1.EnrolmentTokenCreated.$Properties): holdfast.auth.v1.EnrolmentTokenCreated;

                /**
                 * Encodes the specified EnrolmentTokenCreated message. Does not implicitly {@link holdfast.auth.v1.EnrolmentTokenCreated.verify|verify} messages.
                 * @param message EnrolmentTokenCreated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.EnrolmentTokenCreated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an EnrolmentTokenCreated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.EnrolmentTokenCreated & holdfast.auth.v1.EnrolmentTokenCreated.$Shape} EnrolmentTokenCreated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.EnrolmentTokenCreated & holdfast.auth.v1.EnrolmentTokenCreated.$Shape;
            }

            namespace EnrolmentTokenCreated {

                /** Properties of an EnrolmentTokenCreated. */
                interface $Properties {

                    /** EnrolmentTokenCreated tokenHash */
                    tokenHash?: (Uint8Array|null);

                    /** EnrolmentTokenCreated organizationId */
                    organizationId?: (string|null);

                    /** EnrolmentTokenCreated siteId */
                    siteId?: (string|null);

                    /** EnrolmentTokenCreated nodeName */
                    nodeName?: (string|null);

                    /** EnrolmentTokenCreated expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an EnrolmentTokenCreated. */
                type $Shape = holdfast.auth.v1.EnrolmentTokenCreated.$Properties;
            }

            /**
             * Properties of a NodeIdentityIssued.
             * @deprecated Use holdfast.auth.v1.NodeIdentityIssued.$Properties instead.
             */
            interface INodeIdentityIssued extends holdfast.auth.v1.NodeIdentityIssued.$Properties {
            }

            /** Represents a NodeIdentityIssued. */
            class NodeIdentityIssued {

                /**
                 * Constructs a new NodeIdentityIssued.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.NodeIdentityIssued.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NodeIdentityIssued natsPublicKey. */
                natsPublicKey: string;

                /**
                 * Creates a new NodeIdentityIssued instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeIdentityIssued instance
                 */
                static create(properties: holdfast.auth.v1.NodeIdentityIssued.$Shape): holdfast.auth.v1.NodeIdentityIssued & holdfast.auth.v1.NodeIdentityIssued.$Shape;
                static create(properties?: holdfast.auth.v1.NodeIdentityIssued.$Properties): holdfast.auth.v1.NodeIdentityIssued;

                /**
                 * Encodes the specified NodeIdentityIssued message. Does not implicitly {@link holdfast.auth.v1.NodeIdentityIssued.verify|verify} messages.
                 * @param message NodeIdentityIssued message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.NodeIdentityIssued.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeIdentityIssued message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.NodeIdentityIssued & holdfast.auth.v1.NodeIdentityIssued.$Shape} NodeIdentityIssued
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.NodeIdentityIssued & holdfast.auth.v1.NodeIdentityIssued.$Shape;
            }

            namespace NodeIdentityIssued {

                /** Properties of a NodeIdentityIssued. */
                interface $Properties {

                    /** NodeIdentityIssued natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeIdentityIssued. */
                type $Shape = holdfast.auth.v1.NodeIdentityIssued.$Properties;
            }

            /**
             * Properties of a NodeIdentityRevoked.
             * @deprecated Use holdfast.auth.v1.NodeIdentityRevoked.$Properties instead.
             */
            interface INodeIdentityRevoked extends holdfast.auth.v1.NodeIdentityRevoked.$Properties {
            }

            /** Represents a NodeIdentityRevoked. */
            class NodeIdentityRevoked {

                /**
                 * Constructs a new NodeIdentityRevoked.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.NodeIdentityRevoked.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NodeIdentityRevoked natsPublicKey. */
                natsPublicKey: string;

                /**
                 * Creates a new NodeIdentityRevoked instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeIdentityRevoked instance
                 */
                static create(properties: holdfast.auth.v1.NodeIdentityRevoked.$Shape): holdfast.auth.v1.NodeIdentityRevoked & holdfast.auth.v1.NodeIdentityRevoked.$Shape;
                static create(properties?: holdfast.auth.v1.NodeIdentityRevoked.$Properties): holdfast.auth.v1.NodeIdentityRevoked;

                /**
                 * Encodes the specified NodeIdentityRevoked message. Does not implicitly {@link holdfast.auth.v1.NodeIdentityRevoked.verify|verify} messages.
                 * @param message NodeIdentityRevoked message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.NodeIdentityRevoked.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeIdentityRevoked message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.NodeIdentityRevoked & holdfast.auth.v1.NodeIdentityRevoked.$Shape} NodeIdentityRevoked
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.NodeIdentityRevoked & holdfast.auth.v1.NodeIdentityRevoked.$Shape;
            }

            namespace NodeIdentityRevoked {

                /** Properties of a NodeIdentityRevoked. */
                interface $Properties {

                    /** NodeIdentityRevoked natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeIdentityRevoked. */
                type $Shape = holdfast.auth.v1.NodeIdentityRevoked.$Properties;
            }

            /**
             * Properties of a SigningKeyAdded.
             * @deprecated Use holdfast.auth.v1.SigningKeyAdded.$Properties instead.
             */
            interface ISigningKeyAdded extends holdfast.auth.v1.SigningKeyAdded.$Properties {
            }

            /** Represents a SigningKeyAdded. */
            class SigningKeyAdded {

                /**
                 * Constructs a new SigningKeyAdded.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SigningKeyAdded.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SigningKeyAdded keyId. */
                keyId: string;

                /** SigningKeyAdded publicJwk. */
                publicJwk: string;

                /**
                 * Creates a new SigningKeyAdded instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SigningKeyAdded instance
                 */
                static create(properties: holdfast.auth.v1.SigningKeyAdded.$Shape): holdfast.auth.v1.SigningKeyAdded & holdfast.auth.v1.SigningKeyAdded.$Shape;
                static create(properties?: holdfast.auth.v1.SigningKeyAdded.$Properties): holdfast.auth.v1.SigningKeyAdded;

                /**
                 * Encodes the specified SigningKeyAdded message. Does not implicitly {@link holdfast.auth.v1.SigningKeyAdded.verify|verify} messages.
                 * @param message SigningKeyAdded message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SigningKeyAdded.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SigningKeyAdded message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SigningKeyAdded & holdfast.auth.v1.SigningKeyAdded.$Shape} SigningKeyAdded
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SigningKeyAdded & holdfast.auth.v1.SigningKeyAdded.$Shape;
            }

            namespace SigningKeyAdded {

                /** Properties of a SigningKeyAdded. */
                interface $Properties {

                    /** SigningKeyAdded keyId */
                    keyId?: (string|null);

                    /** SigningKeyAdded publicJwk */
                    publicJwk?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SigningKeyAdded. */
                type $Shape = holdfast.auth.v1.SigningKeyAdded.$Properties;
            }

            /**
             * Properties of a SigningKeyRetired.
             * @deprecated Use holdfast.auth.v1.SigningKeyRetired.$Properties instead.
             */
            interface ISigningKeyRetired extends holdfast.auth.v1.SigningKeyRetired.$Properties {
            }

            /** Represents a SigningKeyRetired. */
            class SigningKeyRetired {

                /**
                 * Constructs a new SigningKeyRetired.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SigningKeyRetired.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SigningKeyRetired keyId. */
                keyId: string;

                /**
                 * Creates a new SigningKeyRetired instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SigningKeyRetired instance
                 */
                static create(properties: holdfast.auth.v1.SigningKeyRetired.$Shape): holdfast.auth.v1.SigningKeyRetired & holdfast.auth.v1.SigningKeyRetired.$Shape;
                static create(properties?: holdfast.auth.v1.SigningKeyRetired.$Properties): holdfast.auth.v1.SigningKeyRetired;

                /**
                 * Encodes the specified SigningKeyRetired message. Does not implicitly {@link holdfast.auth.v1.SigningKeyRetired.verify|verify} messages.
                 * @param message SigningKeyRetired message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SigningKeyRetired.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SigningKeyRetired message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SigningKeyRetired & holdfast.auth.v1.SigningKeyRetired.$Shape} SigningKeyRetired
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SigningKeyRetired & holdfast.auth.v1.SigningKeyRetired.$Shape;
            }

            namespace SigningKeyRetired {

                /** Properties of a SigningKeyRetired. */
                interface $Properties {

                    /** SigningKeyRetired keyId */
                    keyId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SigningKeyRetired. */
                type $Shape = holdfast.auth.v1.SigningKeyRetired.$Properties;
            }

            /**
             * Properties of a GetDataKeysRequest.
             * @deprecated Use holdfast.auth.v1.GetDataKeysRequest.$Properties instead.
             */
            interface IGetDataKeysRequest extends holdfast.auth.v1.GetDataKeysRequest.$Properties {
            }

            /** Represents a GetDataKeysRequest. */
            class GetDataKeysRequest {

                /**
                 * Constructs a new GetDataKeysRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetDataKeysRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetDataKeysRequest ownerId. */
                ownerId: string;

                /** GetDataKeysRequest kind. */
                kind: string;

                /**
                 * Creates a new GetDataKeysRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetDataKeysRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetDataKeysRequest.$Shape): holdfast.auth.v1.GetDataKeysRequest & holdfast.auth.v1.GetDataKeysRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetDataKeysRequest.$Properties): holdfast.auth.v1.GetDataKeysRequest;

                /**
                 * Encodes the specified GetDataKeysRequest message. Does not implicitly {@link holdfast.auth.v1.GetDataKeysRequest.verify|verify} messages.
                 * @param message GetDataKeysRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetDataKeysRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetDataKeysRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetDataKeysRequest & holdfast.auth.v1.GetDataKeysRequest.$Shape} GetDataKeysRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetDataKeysRequest & holdfast.auth.v1.GetDataKeysRequest.$Shape;
            }

            namespace GetDataKeysRequest {

                /** Properties of a GetDataKeysRequest. */
                interface $Properties {

                    /** GetDataKeysRequest ownerId */
                    ownerId?: (string|null);

                    /** GetDataKeysRequest kind */
                    kind?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetDataKeysRequest. */
                type $Shape = holdfast.auth.v1.GetDataKeysRequest.$Properties;
            }

            /**
             * Properties of a GetDataKeysResponse.
             * @deprecated Use holdfast.auth.v1.GetDataKeysResponse.$Properties instead.
             */
            interface IGetDataKeysResponse extends holdfast.auth.v1.GetDataKeysResponse.$Properties {
            }

            /** Represents a GetDataKeysResponse. */
            class GetDataKeysResponse {

                /**
                 * Constructs a new GetDataKeysResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetDataKeysResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetDataKeysResponse keys. */
                keys: holdfast.auth.v1.DataKey.$Properties[];

                /**
                 * Creates a new GetDataKeysResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetDataKeysResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetDataKeysResponse.$Shape): holdfast.auth.v1.GetDataKeysResponse & holdfast.auth.v1.GetDataKeysResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetDataKeysResponse.$Properties): holdfast.auth.v1.GetDataKeysResponse;

                /**
                 * Encodes the specified GetDataKeysResponse message. Does not implicitly {@link holdfast.auth.v1.GetDataKeysResponse.verify|verify} messages.
                 * @param message GetDataKeysResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetDataKeysResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetDataKeysResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetDataKeysResponse & holdfast.auth.v1.GetDataKeysResponse.$Shape} GetDataKeysResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetDataKeysResponse & holdfast.auth.v1.GetDataKeysResponse.$Shape;
            }

            namespace GetDataKeysResponse {

                /** Properties of a GetDataKeysResponse. */
                interface $Properties {

                    /** GetDataKeysResponse keys */
                    keys?: (holdfast.auth.v1.DataKey.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetDataKeysResponse. */
                type $Shape = holdfast.auth.v1.GetDataKeysResponse.$Properties;
            }

            /**
             * Properties of a DataKey.
             * @deprecated Use holdfast.auth.v1.DataKey.$Properties instead.
             */
            interface IDataKey extends holdfast.auth.v1.DataKey.$Properties {
            }

            /** Represents a DataKey. */
            class DataKey {

                /**
                 * Constructs a new DataKey.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.DataKey.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DataKey id. */
                id: string;

                /** DataKey key. */
                key: Uint8Array;

                /** DataKey isActive. */
                isActive: boolean;

                /**
                 * Creates a new DataKey instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DataKey instance
                 */
                static create(properties: holdfast.auth.v1.DataKey.$Shape): holdfast.auth.v1.DataKey & holdfast.auth.v1.DataKey.$Shape;
                static create(properties?: holdfast.auth.v1.DataKey.$Properties): holdfast.auth.v1.DataKey;

                /**
                 * Encodes the specified DataKey message. Does not implicitly {@link holdfast.auth.v1.DataKey.verify|verify} messages.
                 * @param message DataKey message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.DataKey.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DataKey message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.DataKey & holdfast.auth.v1.DataKey.$Shape} DataKey
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.DataKey & holdfast.auth.v1.DataKey.$Shape;
            }

            namespace DataKey {

                /** Properties of a DataKey. */
                interface $Properties {

                    /** DataKey id */
                    id?: (string|null);

                    /** DataKey key */
                    key?: (Uint8Array|null);

                    /** DataKey isActive */
                    isActive?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DataKey. */
                type $Shape = holdfast.auth.v1.DataKey.$Properties;
            }

            /**
             * Properties of an Organization.
             * @deprecated Use holdfast.auth.v1.Organization.$Properties instead.
             */
            interface IOrganization extends holdfast.auth.v1.Organization.$Properties {
            }

            /** Represents an Organization. */
            class Organization {

                /**
                 * Constructs a new Organization.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.Organization.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Organization id. */
                id: string;

                /** Organization name. */
                name: string;

                /** Organization description. */
                description: string;

                /** Organization createdAtUnixMs. */
                createdAtUnixMs: number;

                /** Organization revision. */
                revision: number;

                /**
                 * Creates a new Organization instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Organization instance
                 */
                static create(properties: holdfast.auth.v1.Organization.$Shape): holdfast.auth.v1.Organization & holdfast.auth.v1.Organization.$Shape;
                static create(properties?: holdfast.auth.v1.Organization.$Properties): holdfast.auth.v1.Organization;

                /**
                 * Encodes the specified Organization message. Does not implicitly {@link holdfast.auth.v1.Organization.verify|verify} messages.
                 * @param message Organization message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.Organization.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Organization message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.Organization & holdfast.auth.v1.Organization.$Shape} Organization
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.Organization & holdfast.auth.v1.Organization.$Shape;
            }

            namespace Organization {

                /** Properties of an Organization. */
                interface $Properties {

                    /** Organization id */
                    id?: (string|null);

                    /** Organization name */
                    name?: (string|null);

                    /** Organization description */
                    description?: (string|null);

                    /** Organization createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** Organization revision */
                    revision?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Organization. */
                type $Shape = holdfast.auth.v1.Organization.$Properties;
            }

            /**
             * Properties of a Site.
             * @deprecated Use holdfast.auth.v1.Site.$Properties instead.
             */
            interface ISite extends holdfast.auth.v1.Site.$Properties {
            }

            /** Represents a Site. */
            class Site {

                /**
                 * Constructs a new Site.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.Site.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Site id. */
                id: string;

                /** Site organizationId. */
                organizationId: string;

                /** Site name. */
                name: string;

                /** Site description. */
                description: string;

                /** Site createdAtUnixMs. */
                createdAtUnixMs: number;

                /** Site revision. */
                revision: number;

                /**
                 * Creates a new Site instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Site instance
                 */
                static create(properties: holdfast.auth.v1.Site.$Shape): holdfast.auth.v1.Site & holdfast.auth.v1.Site.$Shape;
                static create(properties?: holdfast.auth.v1.Site.$Properties): holdfast.auth.v1.Site;

                /**
                 * Encodes the specified Site message. Does not implicitly {@link holdfast.auth.v1.Site.verify|verify} messages.
                 * @param message Site message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.Site.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Site message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.Site & holdfast.auth.v1.Site.$Shape} Site
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.Site & holdfast.auth.v1.Site.$Shape;
            }

            namespace Site {

                /** Properties of a Site. */
                interface $Properties {

                    /** Site id */
                    id?: (string|null);

                    /** Site organizationId */
                    organizationId?: (string|null);

                    /** Site name */
                    name?: (string|null);

                    /** Site description */
                    description?: (string|null);

                    /** Site createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** Site revision */
                    revision?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Site. */
                type $Shape = holdfast.auth.v1.Site.$Properties;
            }

            /**
             * Properties of a CreateOrganizationRequest.
             * @deprecated Use holdfast.auth.v1.CreateOrganizationRequest.$Properties instead.
             */
            interface ICreateOrganizationRequest extends holdfast.auth.v1.CreateOrganizationRequest.$Properties {
            }

            /** Represents a CreateOrganizationRequest. */
            class CreateOrganizationRequest {

                /**
                 * Constructs a new CreateOrganizationRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateOrganizationRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateOrganizationRequest name. */
                name: string;

                /** CreateOrganizationRequest description. */
                description: string;

                /**
                 * Creates a new CreateOrganizationRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateOrganizationRequest instance
                 */
                static create(properties: holdfast.auth.v1.CreateOrganizationRequest.$Shape): holdfast.auth.v1.CreateOrganizationRequest & holdfast.auth.v1.CreateOrganizationRequest.$Shape;
                static create(properties?: holdfast.auth.v1.CreateOrganizationRequest.$Properties): holdfast.auth.v1.CreateOrganizationRequest;

                /**
                 * Encodes the specified CreateOrganizationRequest message. Does not implicitly {@link holdfast.auth.v1.CreateOrganizationRequest.verify|verify} messages.
                 * @param message CreateOrganizationRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateOrganizationRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateOrganizationRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateOrganizationRequest & holdfast.auth.v1.CreateOrganizationRequest.$Shape} CreateOrganizationRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateOrganizationRequest & holdfast.auth.v1.CreateOrganizationRequest.$Shape;
            }

            namespace CreateOrganizationRequest {

                /** Properties of a CreateOrganizationRequest. */
                interface $Properties {

                    /** CreateOrganizationRequest name */
                    name?: (string|null);

                    /** CreateOrganizationRequest description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateOrganizationRequest. */
                type $Shape = holdfast.auth.v1.CreateOrganizationRequest.$Properties;
            }

            /**
             * Properties of a CreateOrganizationResponse.
             * @deprecated Use holdfast.auth.v1.CreateOrganizationResponse.$Properties instead.
             */
            interface ICreateOrganizationResponse extends holdfast.auth.v1.CreateOrganizationResponse.$Properties {
            }

            /** Represents a CreateOrganizationResponse. */
            class CreateOrganizationResponse {

                /**
                 * Constructs a new CreateOrganizationResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateOrganizationResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateOrganizationResponse organization. */
                organization?: (holdfast.auth.v1.Organization.$Properties|null);

                /**
                 * Creates a new CreateOrganizationResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateOrganizationResponse instance
                 */
                static create(properties: holdfast.auth.v1.CreateOrganizationResponse.$Shape): holdfast.auth.v1.CreateOrganizationResponse & holdfast.auth.v1.CreateOrganizationResponse.$Shape;
                static create(properties?: holdfast.auth.v1.CreateOrganizationResponse.$Properties): holdfast.auth.v1.CreateOrganizationResponse;

                /**
                 * Encodes the specified CreateOrganizationResponse message. Does not implicitly {@link holdfast.auth.v1.CreateOrganizationResponse.verify|verify} messages.
                 * @param message CreateOrganizationResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateOrganizationResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateOrganizationResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateOrganizationResponse & holdfast.auth.v1.CreateOrganizationResponse.$Shape} CreateOrganizationResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateOrganizationResponse & holdfast.auth.v1.CreateOrganizationResponse.$Shape;
            }

            namespace CreateOrganizationResponse {

                /** Properties of a CreateOrganizationResponse. */
                interface $Properties {

                    /** CreateOrganizationResponse organization */
                    organization?: (holdfast.auth.v1.Organization.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateOrganizationResponse. */
                type $Shape = holdfast.auth.v1.CreateOrganizationResponse.$Properties;
            }

            /**
             * Properties of a GetOrganizationRequest.
             * @deprecated Use holdfast.auth.v1.GetOrganizationRequest.$Properties instead.
             */
            interface IGetOrganizationRequest extends holdfast.auth.v1.GetOrganizationRequest.$Properties {
            }

            /** Represents a GetOrganizationRequest. */
            class GetOrganizationRequest {

                /**
                 * Constructs a new GetOrganizationRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetOrganizationRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetOrganizationRequest organization. */
                organization: string;

                /**
                 * Creates a new GetOrganizationRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetOrganizationRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetOrganizationRequest.$Shape): holdfast.auth.v1.GetOrganizationRequest & holdfast.auth.v1.GetOrganizationRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetOrganizationRequest.$Properties): holdfast.auth.v1.GetOrganizationRequest;

                /**
                 * Encodes the specified GetOrganizationRequest message. Does not implicitly {@link holdfast.auth.v1.GetOrganizationRequest.verify|verify} messages.
                 * @param message GetOrganizationRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetOrganizationRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetOrganizationRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetOrganizationRequest & holdfast.auth.v1.GetOrganizationRequest.$Shape} GetOrganizationRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetOrganizationRequest & holdfast.auth.v1.GetOrganizationRequest.$Shape;
            }

            namespace GetOrganizationRequest {

                /** Properties of a GetOrganizationRequest. */
                interface $Properties {

                    /** GetOrganizationRequest organization */
                    organization?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetOrganizationRequest. */
                type $Shape = holdfast.auth.v1.GetOrganizationRequest.$Properties;
            }

            /**
             * Properties of a GetOrganizationResponse.
             * @deprecated Use holdfast.auth.v1.GetOrganizationResponse.$Properties instead.
             */
            interface IGetOrganizationResponse extends holdfast.auth.v1.GetOrganizationResponse.$Properties {
            }

            /** Represents a GetOrganizationResponse. */
            class GetOrganizationResponse {

                /**
                 * Constructs a new GetOrganizationResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetOrganizationResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetOrganizationResponse organization. */
                organization?: (holdfast.auth.v1.Organization.$Properties|null);

                /**
                 * Creates a new GetOrganizationResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetOrganizationResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetOrganizationResponse.$Shape): holdfast.auth.v1.GetOrganizationResponse & holdfast.auth.v1.GetOrganizationResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetOrganizationResponse.$Properties): holdfast.auth.v1.GetOrganizationResponse;

                /**
                 * Encodes the specified GetOrganizationResponse message. Does not implicitly {@link holdfast.auth.v1.GetOrganizationResponse.verify|verify} messages.
                 * @param message GetOrganizationResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetOrganizationResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetOrganizationResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetOrganizationResponse & holdfast.auth.v1.GetOrganizationResponse.$Shape} GetOrganizationResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetOrganizationResponse & holdfast.auth.v1.GetOrganizationResponse.$Shape;
            }

            namespace GetOrganizationResponse {

                /** Properties of a GetOrganizationResponse. */
                interface $Properties {

                    /** GetOrganizationResponse organization */
                    organization?: (holdfast.auth.v1.Organization.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetOrganizationResponse. */
                type $Shape = holdfast.auth.v1.GetOrganizationResponse.$Properties;
            }

            /**
             * Properties of a ListOrganizationsRequest.
             * @deprecated Use holdfast.auth.v1.ListOrganizationsRequest.$Properties instead.
             */
            interface IListOrganizationsRequest extends holdfast.auth.v1.ListOrganizationsRequest.$Properties {
            }

            /** Represents a ListOrganizationsRequest. */
            class ListOrganizationsRequest {

                /**
                 * Constructs a new ListOrganizationsRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListOrganizationsRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListOrganizationsRequest limit. */
                limit: number;

                /** ListOrganizationsRequest cursor. */
                cursor: string;

                /** ListOrganizationsRequest query. */
                query: string;

                /**
                 * Creates a new ListOrganizationsRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListOrganizationsRequest instance
                 */
                static create(properties: holdfast.auth.v1.ListOrganizationsRequest.$Shape): holdfast.auth.v1.ListOrganizationsRequest & holdfast.auth.v1.ListOrganizationsRequest.$Shape;
                static create(properties?: holdfast.auth.v1.ListOrganizationsRequest.$Properties): holdfast.auth.v1.ListOrganizationsRequest;

                /**
                 * Encodes the specified ListOrganizationsRequest message. Does not implicitly {@link holdfast.auth.v1.ListOrganizationsRequest.verify|verify} messages.
                 * @param message ListOrganizationsRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListOrganizationsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListOrganizationsRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListOrganizationsRequest & holdfast.auth.v1.ListOrganizationsRequest.$Shape} ListOrganizationsRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListOrganizationsRequest & holdfast.auth.v1.ListOrganizationsRequest.$Shape;
            }

            namespace ListOrganizationsRequest {

                /** Properties of a ListOrganizationsRequest. */
                interface $Properties {

                    /** ListOrganizationsRequest limit */
                    limit?: (number|null);

                    /** ListOrganizationsRequest cursor */
                    cursor?: (string|null);

                    /** ListOrganizationsRequest query */
                    query?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListOrganizationsRequest. */
                type $Shape = holdfast.auth.v1.ListOrganizationsRequest.$Properties;
            }

            /**
             * Properties of a ListOrganizationsResponse.
             * @deprecated Use holdfast.auth.v1.ListOrganizationsResponse.$Properties instead.
             */
            interface IListOrganizationsResponse extends holdfast.auth.v1.ListOrganizationsResponse.$Properties {
            }

            /** Represents a ListOrganizationsResponse. */
            class ListOrganizationsResponse {

                /**
                 * Constructs a new ListOrganizationsResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListOrganizationsResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListOrganizationsResponse organizations. */
                organizations: holdfast.auth.v1.Organization.$Properties[];

                /** ListOrganizationsResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListOrganizationsResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListOrganizationsResponse instance
                 */
                static create(properties: holdfast.auth.v1.ListOrganizationsResponse.$Shape): holdfast.auth.v1.ListOrganizationsResponse & holdfast.auth.v1.ListOrganizationsResponse.$Shape;
                static create(properties?: holdfast.auth.v1.ListOrganizationsResponse.$Properties): holdfast.auth.v1.ListOrganizationsResponse;

                /**
                 * Encodes the specified ListOrganizationsResponse message. Does not implicitly {@link holdfast.auth.v1.ListOrganizationsResponse.verify|verify} messages.
                 * @param message ListOrganizationsResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListOrganizationsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListOrganizationsResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListOrganizationsResponse & holdfast.auth.v1.ListOrganizationsResponse.$Shape} ListOrganizationsResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListOrganizationsResponse & holdfast.auth.v1.ListOrganizationsResponse.$Shape;
            }

            namespace ListOrganizationsResponse {

                /** Properties of a ListOrganizationsResponse. */
                interface $Properties {

                    /** ListOrganizationsResponse organizations */
                    organizations?: (holdfast.auth.v1.Organization.$Properties[]|null);

                    /** ListOrganizationsResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListOrganizationsResponse. */
                type $Shape = holdfast.auth.v1.ListOrganizationsResponse.$Properties;
            }

            /**
             * Properties of an UpdateOrganizationRequest.
             * @deprecated Use holdfast.auth.v1.UpdateOrganizationRequest.$Properties instead.
             */
            interface IUpdateOrganizationRequest extends holdfast.auth.v1.UpdateOrganizationRequest.$Properties {
            }

            /** Represents an UpdateOrganizationRequest. */
            class UpdateOrganizationRequest {

                /**
                 * Constructs a new UpdateOrganizationRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UpdateOrganizationRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateOrganizationRequest id. */
                id: string;

                /** UpdateOrganizationRequest name. */
                name?: (string|null);

                /** UpdateOrganizationRequest description. */
                description?: (string|null);

                /**
                 * Creates a new UpdateOrganizationRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateOrganizationRequest instance
                 */
                static create(properties: holdfast.auth.v1.UpdateOrganizationRequest.$Shape): holdfast.auth.v1.UpdateOrganizationRequest & holdfast.auth.v1.UpdateOrganizationRequest.$Shape;
                static create(properties?: holdfast.auth.v1.UpdateOrganizationRequest.$Properties): holdfast.auth.v1.UpdateOrganizationRequest;

                /**
                 * Encodes the specified UpdateOrganizationRequest message. Does not implicitly {@link holdfast.auth.v1.UpdateOrganizationRequest.verify|verify} messages.
                 * @param message UpdateOrganizationRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UpdateOrganizationRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateOrganizationRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UpdateOrganizationRequest & holdfast.auth.v1.UpdateOrganizationRequest.$Shape} UpdateOrganizationRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UpdateOrganizationRequest & holdfast.auth.v1.UpdateOrganizationRequest.$Shape;
            }

            namespace UpdateOrganizationRequest {

                /** Properties of an UpdateOrganizationRequest. */
                interface $Properties {

                    /** UpdateOrganizationRequest id */
                    id?: (string|null);

                    /** UpdateOrganizationRequest name */
                    name?: (string|null);

                    /** UpdateOrganizationRequest description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateOrganizationRequest. */
                type $Shape = holdfast.auth.v1.UpdateOrganizationRequest.$Properties;
            }

            /**
             * Properties of an UpdateOrganizationResponse.
             * @deprecated Use holdfast.auth.v1.UpdateOrganizationResponse.$Properties instead.
             */
            interface IUpdateOrganizationResponse extends holdfast.auth.v1.UpdateOrganizationResponse.$Properties {
            }

            /** Represents an UpdateOrganizationResponse. */
            class UpdateOrganizationResponse {

                /**
                 * Constructs a new UpdateOrganizationResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UpdateOrganizationResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateOrganizationResponse organization. */
                organization?: (holdfast.auth.v1.Organization.$Properties|null);

                /**
                 * Creates a new UpdateOrganizationResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateOrganizationResponse instance
                 */
                static create(properties: holdfast.auth.v1.UpdateOrganizationResponse.$Shape): holdfast.auth.v1.UpdateOrganizationResponse & holdfast.auth.v1.UpdateOrganizationResponse.$Shape;
                static create(properties?: holdfast.auth.v1.UpdateOrganizationResponse.$Properties): holdfast.auth.v1.UpdateOrganizationResponse;

                /**
                 * Encodes the specified UpdateOrganizationResponse message. Does not implicitly {@link holdfast.auth.v1.UpdateOrganizationResponse.verify|verify} messages.
                 * @param message UpdateOrganizationResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UpdateOrganizationResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateOrganizationResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UpdateOrganizationResponse & holdfast.auth.v1.UpdateOrganizationResponse.$Shape} UpdateOrganizationResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UpdateOrganizationResponse & holdfast.auth.v1.UpdateOrganizationResponse.$Shape;
            }

            namespace UpdateOrganizationResponse {

                /** Properties of an UpdateOrganizationResponse. */
                interface $Properties {

                    /** UpdateOrganizationResponse organization */
                    organization?: (holdfast.auth.v1.Organization.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateOrganizationResponse. */
                type $Shape = holdfast.auth.v1.UpdateOrganizationResponse.$Properties;
            }

            /**
             * Properties of a DeleteOrganizationRequest.
             * @deprecated Use holdfast.auth.v1.DeleteOrganizationRequest.$Properties instead.
             */
            interface IDeleteOrganizationRequest extends holdfast.auth.v1.DeleteOrganizationRequest.$Properties {
            }

            /** Represents a DeleteOrganizationRequest. */
            class DeleteOrganizationRequest {

                /**
                 * Constructs a new DeleteOrganizationRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.DeleteOrganizationRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeleteOrganizationRequest id. */
                id: string;

                /**
                 * Creates a new DeleteOrganizationRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteOrganizationRequest instance
                 */
                static create(properties: holdfast.auth.v1.DeleteOrganizationRequest.$Shape): holdfast.auth.v1.DeleteOrganizationRequest & holdfast.auth.v1.DeleteOrganizationRequest.$Shape;
                static create(properties?: holdfast.auth.v1.DeleteOrganizationRequest.$Properties): holdfast.auth.v1.DeleteOrganizationRequest;

                /**
                 * Encodes the specified DeleteOrganizationRequest message. Does not implicitly {@link holdfast.auth.v1.DeleteOrganizationRequest.verify|verify} messages.
                 * @param message DeleteOrganizationRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.DeleteOrganizationRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteOrganizationRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.DeleteOrganizationRequest & holdfast.auth.v1.DeleteOrganizationRequest.$Shape} DeleteOrganizationRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.DeleteOrganizationRequest & holdfast.auth.v1.DeleteOrganizationRequest.$Shape;
            }

            namespace DeleteOrganizationRequest {

                /** Properties of a DeleteOrganizationRequest. */
                interface $Properties {

                    /** DeleteOrganizationRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteOrganizationRequest. */
                type $Shape = holdfast.auth.v1.DeleteOrganizationRequest.$Properties;
            }

            /**
             * Properties of a DeleteOrganizationResponse.
             * @deprecated Use holdfast.auth.v1.DeleteOrganizationResponse.$Properties instead.
             */
            interface IDeleteOrganizationResponse extends holdfast.auth.v1.DeleteOrganizationResponse.$Properties {
            }

            /** Represents a DeleteOrganizationResponse. */
            class DeleteOrganizationResponse {

                /**
                 * Constructs a new DeleteOrganizationResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.DeleteOrganizationResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new DeleteOrganizationResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteOrganizationResponse instance
                 */
                static create(properties: holdfast.auth.v1.DeleteOrganizationResponse.$Shape): holdfast.auth.v1.DeleteOrganizationResponse & holdfast.auth.v1.DeleteOrganizationResponse.$Shape;
                static create(properties?: holdfast.auth.v1.DeleteOrganizationResponse.$Properties): holdfast.auth.v1.DeleteOrganizationResponse;

                /**
                 * Encodes the specified DeleteOrganizationResponse message. Does not implicitly {@link holdfast.auth.v1.DeleteOrganizationResponse.verify|verify} messages.
                 * @param message DeleteOrganizationResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.DeleteOrganizationResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteOrganizationResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.DeleteOrganizationResponse & holdfast.auth.v1.DeleteOrganizationResponse.$Shape} DeleteOrganizationResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.DeleteOrganizationResponse & holdfast.auth.v1.DeleteOrganizationResponse.$Shape;
            }

            namespace DeleteOrganizationResponse {

                /** Properties of a DeleteOrganizationResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteOrganizationResponse. */
                type $Shape = holdfast.auth.v1.DeleteOrganizationResponse.$Properties;
            }

            /**
             * Properties of a CreateSiteRequest.
             * @deprecated Use holdfast.auth.v1.CreateSiteRequest.$Properties instead.
             */
            interface ICreateSiteRequest extends holdfast.auth.v1.CreateSiteRequest.$Properties {
            }

            /** Represents a CreateSiteRequest. */
            class CreateSiteRequest {

                /**
                 * Constructs a new CreateSiteRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateSiteRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateSiteRequest organizationId. */
                organizationId: string;

                /** CreateSiteRequest name. */
                name: string;

                /** CreateSiteRequest description. */
                description: string;

                /**
                 * Creates a new CreateSiteRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateSiteRequest instance
                 */
                static create(properties: holdfast.auth.v1.CreateSiteRequest.$Shape): holdfast.auth.v1.CreateSiteRequest & holdfast.auth.v1.CreateSiteRequest.$Shape;
                static create(properties?: holdfast.auth.v1.CreateSiteRequest.$Properties): holdfast.auth.v1.CreateSiteRequest;

                /**
                 * Encodes the specified CreateSiteRequest message. Does not implicitly {@link holdfast.auth.v1.CreateSiteRequest.verify|verify} messages.
                 * @param message CreateSiteRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateSiteRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateSiteRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateSiteRequest & holdfast.auth.v1.CreateSiteRequest.$Shape} CreateSiteRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateSiteRequest & holdfast.auth.v1.CreateSiteRequest.$Shape;
            }

            namespace CreateSiteRequest {

                /** Properties of a CreateSiteRequest. */
                interface $Properties {

                    /** CreateSiteRequest organizationId */
                    organizationId?: (string|null);

                    /** CreateSiteRequest name */
                    name?: (string|null);

                    /** CreateSiteRequest description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateSiteRequest. */
                type $Shape = holdfast.auth.v1.CreateSiteRequest.$Properties;
            }

            /**
             * Properties of a CreateSiteResponse.
             * @deprecated Use holdfast.auth.v1.CreateSiteResponse.$Properties instead.
             */
            interface ICreateSiteResponse extends holdfast.auth.v1.CreateSiteResponse.$Properties {
            }

            /** Represents a CreateSiteResponse. */
            class CreateSiteResponse {

                /**
                 * Constructs a new CreateSiteResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateSiteResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateSiteResponse site. */
                site?: (holdfast.auth.v1.Site.$Properties|null);

                /**
                 * Creates a new CreateSiteResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateSiteResponse instance
                 */
                static create(properties: holdfast.auth.v1.CreateSiteResponse.$Shape): holdfast.auth.v1.CreateSiteResponse & holdfast.auth.v1.CreateSiteResponse.$Shape;
                static create(properties?: holdfast.auth.v1.CreateSiteResponse.$Properties): holdfast.auth.v1.CreateSiteResponse;

                /**
                 * Encodes the specified CreateSiteResponse message. Does not implicitly {@link holdfast.auth.v1.CreateSiteResponse.verify|verify} messages.
                 * @param message CreateSiteResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateSiteResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateSiteResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateSiteResponse & holdfast.auth.v1.CreateSiteResponse.$Shape} CreateSiteResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateSiteResponse & holdfast.auth.v1.CreateSiteResponse.$Shape;
            }

            namespace CreateSiteResponse {

                /** Properties of a CreateSiteResponse. */
                interface $Properties {

                    /** CreateSiteResponse site */
                    site?: (holdfast.auth.v1.Site.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateSiteResponse. */
                type $Shape = holdfast.auth.v1.CreateSiteResponse.$Properties;
            }

            /**
             * Properties of a GetSiteRequest.
             * @deprecated Use holdfast.auth.v1.GetSiteRequest.$Properties instead.
             */
            interface IGetSiteRequest extends holdfast.auth.v1.GetSiteRequest.$Properties {
            }

            /** Represents a GetSiteRequest. */
            class GetSiteRequest {

                /**
                 * Constructs a new GetSiteRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetSiteRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetSiteRequest site. */
                site: string;

                /** GetSiteRequest organizationId. */
                organizationId: string;

                /**
                 * Creates a new GetSiteRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetSiteRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetSiteRequest.$Shape): holdfast.auth.v1.GetSiteRequest & holdfast.auth.v1.GetSiteRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetSiteRequest.$Properties): holdfast.auth.v1.GetSiteRequest;

                /**
                 * Encodes the specified GetSiteRequest message. Does not implicitly {@link holdfast.auth.v1.GetSiteRequest.verify|verify} messages.
                 * @param message GetSiteRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetSiteRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetSiteRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetSiteRequest & holdfast.auth.v1.GetSiteRequest.$Shape} GetSiteRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetSiteRequest & holdfast.auth.v1.GetSiteRequest.$Shape;
            }

            namespace GetSiteRequest {

                /** Properties of a GetSiteRequest. */
                interface $Properties {

                    /** GetSiteRequest site */
                    site?: (string|null);

                    /** GetSiteRequest organizationId */
                    organizationId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetSiteRequest. */
                type $Shape = holdfast.auth.v1.GetSiteRequest.$Properties;
            }

            /**
             * Properties of a GetSiteResponse.
             * @deprecated Use holdfast.auth.v1.GetSiteResponse.$Properties instead.
             */
            interface IGetSiteResponse extends holdfast.auth.v1.GetSiteResponse.$Properties {
            }

            /** Represents a GetSiteResponse. */
            class GetSiteResponse {

                /**
                 * Constructs a new GetSiteResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetSiteResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetSiteResponse site. */
                site?: (holdfast.auth.v1.Site.$Properties|null);

                /**
                 * Creates a new GetSiteResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetSiteResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetSiteResponse.$Shape): holdfast.auth.v1.GetSiteResponse & holdfast.auth.v1.GetSiteResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetSiteResponse.$Properties): holdfast.auth.v1.GetSiteResponse;

                /**
                 * Encodes the specified GetSiteResponse message. Does not implicitly {@link holdfast.auth.v1.GetSiteResponse.verify|verify} messages.
                 * @param message GetSiteResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetSiteResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetSiteResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetSiteResponse & holdfast.auth.v1.GetSiteResponse.$Shape} GetSiteResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetSiteResponse & holdfast.auth.v1.GetSiteResponse.$Shape;
            }

            namespace GetSiteResponse {

                /** Properties of a GetSiteResponse. */
                interface $Properties {

                    /** GetSiteResponse site */
                    site?: (holdfast.auth.v1.Site.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetSiteResponse. */
                type $Shape = holdfast.auth.v1.GetSiteResponse.$Properties;
            }

            /**
             * Properties of a ListSitesRequest.
             * @deprecated Use holdfast.auth.v1.ListSitesRequest.$Properties instead.
             */
            interface IListSitesRequest extends holdfast.auth.v1.ListSitesRequest.$Properties {
            }

            /** Represents a ListSitesRequest. */
            class ListSitesRequest {

                /**
                 * Constructs a new ListSitesRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListSitesRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListSitesRequest limit. */
                limit: number;

                /** ListSitesRequest cursor. */
                cursor: string;

                /** ListSitesRequest organizationId. */
                organizationId: string;

                /** ListSitesRequest query. */
                query: string;

                /**
                 * Creates a new ListSitesRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListSitesRequest instance
                 */
                static create(properties: holdfast.auth.v1.ListSitesRequest.$Shape): holdfast.auth.v1.ListSitesRequest & holdfast.auth.v1.ListSitesRequest.$Shape;
                static create(properties?: holdfast.auth.v1.ListSitesRequest.$Properties): holdfast.auth.v1.ListSitesRequest;

                /**
                 * Encodes the specified ListSitesRequest message. Does not implicitly {@link holdfast.auth.v1.ListSitesRequest.verify|verify} messages.
                 * @param message ListSitesRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListSitesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListSitesRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListSitesRequest & holdfast.auth.v1.ListSitesRequest.$Shape} ListSitesRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListSitesRequest & holdfast.auth.v1.ListSitesRequest.$Shape;
            }

            namespace ListSitesRequest {

                /** Properties of a ListSitesRequest. */
                interface $Properties {

                    /** ListSitesRequest limit */
                    limit?: (number|null);

                    /** ListSitesRequest cursor */
                    cursor?: (string|null);

                    /** ListSitesRequest organizationId */
                    organizationId?: (string|null);

                    /** ListSitesRequest query */
                    query?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListSitesRequest. */
                type $Shape = holdfast.auth.v1.ListSitesRequest.$Properties;
            }

            /**
             * Properties of a ListSitesResponse.
             * @deprecated Use holdfast.auth.v1.ListSitesResponse.$Properties instead.
             */
            interface IListSitesResponse extends holdfast.auth.v1.ListSitesResponse.$Properties {
            }

            /** Represents a ListSitesResponse. */
            class ListSitesResponse {

                /**
                 * Constructs a new ListSitesResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListSitesResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListSitesResponse sites. */
                sites: holdfast.auth.v1.Site.$Properties[];

                /** ListSitesResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListSitesResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListSitesResponse instance
                 */
                static create(properties: holdfast.auth.v1.ListSitesResponse.$Shape): holdfast.auth.v1.ListSitesResponse & holdfast.auth.v1.ListSitesResponse.$Shape;
                static create(properties?: holdfast.auth.v1.ListSitesResponse.$Properties): holdfast.auth.v1.ListSitesResponse;

                /**
                 * Encodes the specified ListSitesResponse message. Does not implicitly {@link holdfast.auth.v1.ListSitesResponse.verify|verify} messages.
                 * @param message ListSitesResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListSitesResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListSitesResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListSitesResponse & holdfast.auth.v1.ListSitesResponse.$Shape} ListSitesResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListSitesResponse & holdfast.auth.v1.ListSitesResponse.$Shape;
            }

            namespace ListSitesResponse {

                /** Properties of a ListSitesResponse. */
                interface $Properties {

                    /** ListSitesResponse sites */
                    sites?: (holdfast.auth.v1.Site.$Properties[]|null);

                    /** ListSitesResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListSitesResponse. */
                type $Shape = holdfast.auth.v1.ListSitesResponse.$Properties;
            }

            /**
             * Properties of an UpdateSiteRequest.
             * @deprecated Use holdfast.auth.v1.UpdateSiteRequest.$Properties instead.
             */
            interface IUpdateSiteRequest extends holdfast.auth.v1.UpdateSiteRequest.$Properties {
            }

            /** Represents an UpdateSiteRequest. */
            class UpdateSiteRequest {

                /**
                 * Constructs a new UpdateSiteRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UpdateSiteRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateSiteRequest id. */
                id: string;

                /** UpdateSiteRequest name. */
                name?: (string|null);

                /** UpdateSiteRequest description. */
                description?: (string|null);

                /**
                 * Creates a new UpdateSiteRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateSiteRequest instance
                 */
                static create(properties: holdfast.auth.v1.UpdateSiteRequest.$Shape): holdfast.auth.v1.UpdateSiteRequest & holdfast.auth.v1.UpdateSiteRequest.$Shape;
                static create(properties?: holdfast.auth.v1.UpdateSiteRequest.$Properties): holdfast.auth.v1.UpdateSiteRequest;

                /**
                 * Encodes the specified UpdateSiteRequest message. Does not implicitly {@link holdfast.auth.v1.UpdateSiteRequest.verify|verify} messages.
                 * @param message UpdateSiteRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UpdateSiteRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateSiteRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UpdateSiteRequest & holdfast.auth.v1.UpdateSiteRequest.$Shape} UpdateSiteRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UpdateSiteRequest & holdfast.auth.v1.UpdateSiteRequest.$Shape;
            }

            namespace UpdateSiteRequest {

                /** Properties of an UpdateSiteRequest. */
                interface $Properties {

                    /** UpdateSiteRequest id */
                    id?: (string|null);

                    /** UpdateSiteRequest name */
                    name?: (string|null);

                    /** UpdateSiteRequest description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateSiteRequest. */
                type $Shape = holdfast.auth.v1.UpdateSiteRequest.$Properties;
            }

            /**
             * Properties of an UpdateSiteResponse.
             * @deprecated Use holdfast.auth.v1.UpdateSiteResponse.$Properties instead.
             */
            interface IUpdateSiteResponse extends holdfast.auth.v1.UpdateSiteResponse.$Properties {
            }

            /** Represents an UpdateSiteResponse. */
            class UpdateSiteResponse {

                /**
                 * Constructs a new UpdateSiteResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.UpdateSiteResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateSiteResponse site. */
                site?: (holdfast.auth.v1.Site.$Properties|null);

                /**
                 * Creates a new UpdateSiteResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateSiteResponse instance
                 */
                static create(properties: holdfast.auth.v1.UpdateSiteResponse.$Shape): holdfast.auth.v1.UpdateSiteResponse & holdfast.auth.v1.UpdateSiteResponse.$Shape;
                static create(properties?: holdfast.auth.v1.UpdateSiteResponse.$Properties): holdfast.auth.v1.UpdateSiteResponse;

                /**
                 * Encodes the specified UpdateSiteResponse message. Does not implicitly {@link holdfast.auth.v1.UpdateSiteResponse.verify|verify} messages.
                 * @param message UpdateSiteResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.UpdateSiteResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateSiteResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.UpdateSiteResponse & holdfast.auth.v1.UpdateSiteResponse.$Shape} UpdateSiteResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.UpdateSiteResponse & holdfast.auth.v1.UpdateSiteResponse.$Shape;
            }

            namespace UpdateSiteResponse {

                /** Properties of an UpdateSiteResponse. */
                interface $Properties {

                    /** UpdateSiteResponse site */
                    site?: (holdfast.auth.v1.Site.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateSiteResponse. */
                type $Shape = holdfast.auth.v1.UpdateSiteResponse.$Properties;
            }

            /**
             * Properties of a DeleteSiteRequest.
             * @deprecated Use holdfast.auth.v1.DeleteSiteRequest.$Properties instead.
             */
            interface IDeleteSiteRequest extends holdfast.auth.v1.DeleteSiteRequest.$Properties {
            }

            /** Represents a DeleteSiteRequest. */
            class DeleteSiteRequest {

                /**
                 * Constructs a new DeleteSiteRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.DeleteSiteRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeleteSiteRequest id. */
                id: string;

                /**
                 * Creates a new DeleteSiteRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteSiteRequest instance
                 */
                static create(properties: holdfast.auth.v1.DeleteSiteRequest.$Shape): holdfast.auth.v1.DeleteSiteRequest & holdfast.auth.v1.DeleteSiteRequest.$Shape;
                static create(properties?: holdfast.auth.v1.DeleteSiteRequest.$Properties): holdfast.auth.v1.DeleteSiteRequest;

                /**
                 * Encodes the specified DeleteSiteRequest message. Does not implicitly {@link holdfast.auth.v1.DeleteSiteRequest.verify|verify} messages.
                 * @param message DeleteSiteRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.DeleteSiteRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteSiteRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.DeleteSiteRequest & holdfast.auth.v1.DeleteSiteRequest.$Shape} DeleteSiteRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.DeleteSiteRequest & holdfast.auth.v1.DeleteSiteRequest.$Shape;
            }

            namespace DeleteSiteRequest {

                /** Properties of a DeleteSiteRequest. */
                interface $Properties {

                    /** DeleteSiteRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteSiteRequest. */
                type $Shape = holdfast.auth.v1.DeleteSiteRequest.$Properties;
            }

            /**
             * Properties of a DeleteSiteResponse.
             * @deprecated Use holdfast.auth.v1.DeleteSiteResponse.$Properties instead.
             */
            interface IDeleteSiteResponse extends holdfast.auth.v1.DeleteSiteResponse.$Properties {
            }

            /** Represents a DeleteSiteResponse. */
            class DeleteSiteResponse {

                /**
                 * Constructs a new DeleteSiteResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.DeleteSiteResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new DeleteSiteResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteSiteResponse instance
                 */
                static create(properties: holdfast.auth.v1.DeleteSiteResponse.$Shape): holdfast.auth.v1.DeleteSiteResponse & holdfast.auth.v1.DeleteSiteResponse.$Shape;
                static create(properties?: holdfast.auth.v1.DeleteSiteResponse.$Properties): holdfast.auth.v1.DeleteSiteResponse;

                /**
                 * Encodes the specified DeleteSiteResponse message. Does not implicitly {@link holdfast.auth.v1.DeleteSiteResponse.verify|verify} messages.
                 * @param message DeleteSiteResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.DeleteSiteResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteSiteResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.DeleteSiteResponse & holdfast.auth.v1.DeleteSiteResponse.$Shape} DeleteSiteResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.DeleteSiteResponse & holdfast.auth.v1.DeleteSiteResponse.$Shape;
            }

            namespace DeleteSiteResponse {

                /** Properties of a DeleteSiteResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteSiteResponse. */
                type $Shape = holdfast.auth.v1.DeleteSiteResponse.$Properties;
            }

            /**
             * Properties of a CreateUserRequest.
             * @deprecated Use holdfast.auth.v1.CreateUserRequest.$Properties instead.
             */
            interface ICreateUserRequest extends holdfast.auth.v1.CreateUserRequest.$Properties {
            }

            /** Represents a CreateUserRequest. */
            class CreateUserRequest {

                /**
                 * Constructs a new CreateUserRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateUserRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateUserRequest username. */
                username: string;

                /** CreateUserRequest email. */
                email: string;

                /** CreateUserRequest displayName. */
                displayName: string;

                /** CreateUserRequest password. */
                password: string;

                /** CreateUserRequest bindings. */
                bindings: holdfast.auth.v1.RoleBinding.$Properties[];

                /**
                 * Creates a new CreateUserRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateUserRequest instance
                 */
                static create(properties: holdfast.auth.v1.CreateUserRequest.$Shape): holdfast.auth.v1.CreateUserRequest & holdfast.auth.v1.CreateUserRequest.$Shape;
                static create(properties?: holdfast.auth.v1.CreateUserRequest.$Properties): holdfast.auth.v1.CreateUserRequest;

                /**
                 * Encodes the specified CreateUserRequest message. Does not implicitly {@link holdfast.auth.v1.CreateUserRequest.verify|verify} messages.
                 * @param message CreateUserRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateUserRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateUserRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateUserRequest & holdfast.auth.v1.CreateUserRequest.$Shape} CreateUserRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateUserRequest & holdfast.auth.v1.CreateUserRequest.$Shape;
            }

            namespace CreateUserRequest {

                /** Properties of a CreateUserRequest. */
                interface $Properties {

                    /** CreateUserRequest username */
                    username?: (string|null);

                    /** CreateUserRequest email */
                    email?: (string|null);

                    /** CreateUserRequest displayName */
                    displayName?: (string|null);

                    /** CreateUserRequest password */
                    password?: (string|null);

                    /** CreateUserRequest bindings */
                    bindings?: (holdfast.auth.v1.RoleBinding.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateUserRequest. */
                type $Shape = holdfast.auth.v1.CreateUserRequest.$Properties;
            }

            /**
             * Properties of a CreateUserResponse.
             * @deprecated Use holdfast.auth.v1.CreateUserResponse.$Properties instead.
             */
            interface ICreateUserResponse extends holdfast.auth.v1.CreateUserResponse.$Properties {
            }

            /** Represents a CreateUserResponse. */
            class CreateUserResponse {

                /**
                 * Constructs a new CreateUserResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.CreateUserResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateUserResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /** CreateUserResponse generatedPassword. */
                generatedPassword: string;

                /**
                 * Creates a new CreateUserResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateUserResponse instance
                 */
                static create(properties: holdfast.auth.v1.CreateUserResponse.$Shape): holdfast.auth.v1.CreateUserResponse & holdfast.auth.v1.CreateUserResponse.$Shape;
                static create(properties?: holdfast.auth.v1.CreateUserResponse.$Properties): holdfast.auth.v1.CreateUserResponse;

                /**
                 * Encodes the specified CreateUserResponse message. Does not implicitly {@link holdfast.auth.v1.CreateUserResponse.verify|verify} messages.
                 * @param message CreateUserResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.CreateUserResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateUserResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.CreateUserResponse & holdfast.auth.v1.CreateUserResponse.$Shape} CreateUserResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.CreateUserResponse & holdfast.auth.v1.CreateUserResponse.$Shape;
            }

            namespace CreateUserResponse {

                /** Properties of a CreateUserResponse. */
                interface $Properties {

                    /** CreateUserResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** CreateUserResponse generatedPassword */
                    generatedPassword?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateUserResponse. */
                type $Shape = holdfast.auth.v1.CreateUserResponse.$Properties;
            }

            /**
             * Properties of a GetUserRequest.
             * @deprecated Use holdfast.auth.v1.GetUserRequest.$Properties instead.
             */
            interface IGetUserRequest extends holdfast.auth.v1.GetUserRequest.$Properties {
            }

            /** Represents a GetUserRequest. */
            class GetUserRequest {

                /**
                 * Constructs a new GetUserRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetUserRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetUserRequest user. */
                user: string;

                /**
                 * Creates a new GetUserRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetUserRequest instance
                 */
                static create(properties: holdfast.auth.v1.GetUserRequest.$Shape): holdfast.auth.v1.GetUserRequest & holdfast.auth.v1.GetUserRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GetUserRequest.$Properties): holdfast.auth.v1.GetUserRequest;

                /**
                 * Encodes the specified GetUserRequest message. Does not implicitly {@link holdfast.auth.v1.GetUserRequest.verify|verify} messages.
                 * @param message GetUserRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetUserRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetUserRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetUserRequest & holdfast.auth.v1.GetUserRequest.$Shape} GetUserRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetUserRequest & holdfast.auth.v1.GetUserRequest.$Shape;
            }

            namespace GetUserRequest {

                /** Properties of a GetUserRequest. */
                interface $Properties {

                    /** GetUserRequest user */
                    user?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetUserRequest. */
                type $Shape = holdfast.auth.v1.GetUserRequest.$Properties;
            }

            /**
             * Properties of a GetUserResponse.
             * @deprecated Use holdfast.auth.v1.GetUserResponse.$Properties instead.
             */
            interface IGetUserResponse extends holdfast.auth.v1.GetUserResponse.$Properties {
            }

            /** Represents a GetUserResponse. */
            class GetUserResponse {

                /**
                 * Constructs a new GetUserResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GetUserResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetUserResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /**
                 * Creates a new GetUserResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetUserResponse instance
                 */
                static create(properties: holdfast.auth.v1.GetUserResponse.$Shape): holdfast.auth.v1.GetUserResponse & holdfast.auth.v1.GetUserResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GetUserResponse.$Properties): holdfast.auth.v1.GetUserResponse;

                /**
                 * Encodes the specified GetUserResponse message. Does not implicitly {@link holdfast.auth.v1.GetUserResponse.verify|verify} messages.
                 * @param message GetUserResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GetUserResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetUserResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GetUserResponse & holdfast.auth.v1.GetUserResponse.$Shape} GetUserResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GetUserResponse & holdfast.auth.v1.GetUserResponse.$Shape;
            }

            namespace GetUserResponse {

                /** Properties of a GetUserResponse. */
                interface $Properties {

                    /** GetUserResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetUserResponse. */
                type $Shape = holdfast.auth.v1.GetUserResponse.$Properties;
            }

            /**
             * Properties of a ListUsersRequest.
             * @deprecated Use holdfast.auth.v1.ListUsersRequest.$Properties instead.
             */
            interface IListUsersRequest extends holdfast.auth.v1.ListUsersRequest.$Properties {
            }

            /** Represents a ListUsersRequest. */
            class ListUsersRequest {

                /**
                 * Constructs a new ListUsersRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListUsersRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListUsersRequest limit. */
                limit: number;

                /** ListUsersRequest cursor. */
                cursor: string;

                /** ListUsersRequest organizationId. */
                organizationId: string;

                /** ListUsersRequest query. */
                query: string;

                /**
                 * Creates a new ListUsersRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListUsersRequest instance
                 */
                static create(properties: holdfast.auth.v1.ListUsersRequest.$Shape): holdfast.auth.v1.ListUsersRequest & holdfast.auth.v1.ListUsersRequest.$Shape;
                static create(properties?: holdfast.auth.v1.ListUsersRequest.$Properties): holdfast.auth.v1.ListUsersRequest;

                /**
                 * Encodes the specified ListUsersRequest message. Does not implicitly {@link holdfast.auth.v1.ListUsersRequest.verify|verify} messages.
                 * @param message ListUsersRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListUsersRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListUsersRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListUsersRequest & holdfast.auth.v1.ListUsersRequest.$Shape} ListUsersRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListUsersRequest & holdfast.auth.v1.ListUsersRequest.$Shape;
            }

            namespace ListUsersRequest {

                /** Properties of a ListUsersRequest. */
                interface $Properties {

                    /** ListUsersRequest limit */
                    limit?: (number|null);

                    /** ListUsersRequest cursor */
                    cursor?: (string|null);

                    /** ListUsersRequest organizationId */
                    organizationId?: (string|null);

                    /** ListUsersRequest query */
                    query?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListUsersRequest. */
                type $Shape = holdfast.auth.v1.ListUsersRequest.$Properties;
            }

            /**
             * Properties of a ListUsersResponse.
             * @deprecated Use holdfast.auth.v1.ListUsersResponse.$Properties instead.
             */
            interface IListUsersResponse extends holdfast.auth.v1.ListUsersResponse.$Properties {
            }

            /** Represents a ListUsersResponse. */
            class ListUsersResponse {

                /**
                 * Constructs a new ListUsersResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.ListUsersResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListUsersResponse users. */
                users: holdfast.auth.v1.User.$Properties[];

                /** ListUsersResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListUsersResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListUsersResponse instance
                 */
                static create(properties: holdfast.auth.v1.ListUsersResponse.$Shape): holdfast.auth.v1.ListUsersResponse & holdfast.auth.v1.ListUsersResponse.$Shape;
                static create(properties?: holdfast.auth.v1.ListUsersResponse.$Properties): holdfast.auth.v1.ListUsersResponse;

                /**
                 * Encodes the specified ListUsersResponse message. Does not implicitly {@link holdfast.auth.v1.ListUsersResponse.verify|verify} messages.
                 * @param message ListUsersResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.ListUsersResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListUsersResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.ListUsersResponse & holdfast.auth.v1.ListUsersResponse.$Shape} ListUsersResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.ListUsersResponse & holdfast.auth.v1.ListUsersResponse.$Shape;
            }

            namespace ListUsersResponse {

                /** Properties of a ListUsersResponse. */
                interface $Properties {

                    /** ListUsersResponse users */
                    users?: (holdfast.auth.v1.User.$Properties[]|null);

                    /** ListUsersResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListUsersResponse. */
                type $Shape = holdfast.auth.v1.ListUsersResponse.$Properties;
            }

            /**
             * Properties of a GrantRoleRequest.
             * @deprecated Use holdfast.auth.v1.GrantRoleRequest.$Properties instead.
             */
            interface IGrantRoleRequest extends holdfast.auth.v1.GrantRoleRequest.$Properties {
            }

            /** Represents a GrantRoleRequest. */
            class GrantRoleRequest {

                /**
                 * Constructs a new GrantRoleRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GrantRoleRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GrantRoleRequest userId. */
                userId: string;

                /** GrantRoleRequest binding. */
                binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                /**
                 * Creates a new GrantRoleRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GrantRoleRequest instance
                 */
                static create(properties: holdfast.auth.v1.GrantRoleRequest.$Shape): holdfast.auth.v1.GrantRoleRequest & holdfast.auth.v1.GrantRoleRequest.$Shape;
                static create(properties?: holdfast.auth.v1.GrantRoleRequest.$Properties): holdfast.auth.v1.GrantRoleRequest;

                /**
                 * Encodes the specified GrantRoleRequest message. Does not implicitly {@link holdfast.auth.v1.GrantRoleRequest.verify|verify} messages.
                 * @param message GrantRoleRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GrantRoleRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GrantRoleRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GrantRoleRequest & holdfast.auth.v1.GrantRoleRequest.$Shape} GrantRoleRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GrantRoleRequest & holdfast.auth.v1.GrantRoleRequest.$Shape;
            }

            namespace GrantRoleRequest {

                /** Properties of a GrantRoleRequest. */
                interface $Properties {

                    /** GrantRoleRequest userId */
                    userId?: (string|null);

                    /** GrantRoleRequest binding */
                    binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GrantRoleRequest. */
                type $Shape = holdfast.auth.v1.GrantRoleRequest.$Properties;
            }

            /**
             * Properties of a GrantRoleResponse.
             * @deprecated Use holdfast.auth.v1.GrantRoleResponse.$Properties instead.
             */
            interface IGrantRoleResponse extends holdfast.auth.v1.GrantRoleResponse.$Properties {
            }

            /** Represents a GrantRoleResponse. */
            class GrantRoleResponse {

                /**
                 * Constructs a new GrantRoleResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.GrantRoleResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GrantRoleResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /**
                 * Creates a new GrantRoleResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GrantRoleResponse instance
                 */
                static create(properties: holdfast.auth.v1.GrantRoleResponse.$Shape): holdfast.auth.v1.GrantRoleResponse & holdfast.auth.v1.GrantRoleResponse.$Shape;
                static create(properties?: holdfast.auth.v1.GrantRoleResponse.$Properties): holdfast.auth.v1.GrantRoleResponse;

                /**
                 * Encodes the specified GrantRoleResponse message. Does not implicitly {@link holdfast.auth.v1.GrantRoleResponse.verify|verify} messages.
                 * @param message GrantRoleResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.GrantRoleResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GrantRoleResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.GrantRoleResponse & holdfast.auth.v1.GrantRoleResponse.$Shape} GrantRoleResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.GrantRoleResponse & holdfast.auth.v1.GrantRoleResponse.$Shape;
            }

            namespace GrantRoleResponse {

                /** Properties of a GrantRoleResponse. */
                interface $Properties {

                    /** GrantRoleResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GrantRoleResponse. */
                type $Shape = holdfast.auth.v1.GrantRoleResponse.$Properties;
            }

            /**
             * Properties of a RevokeRoleRequest.
             * @deprecated Use holdfast.auth.v1.RevokeRoleRequest.$Properties instead.
             */
            interface IRevokeRoleRequest extends holdfast.auth.v1.RevokeRoleRequest.$Properties {
            }

            /** Represents a RevokeRoleRequest. */
            class RevokeRoleRequest {

                /**
                 * Constructs a new RevokeRoleRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RevokeRoleRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RevokeRoleRequest userId. */
                userId: string;

                /** RevokeRoleRequest binding. */
                binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                /**
                 * Creates a new RevokeRoleRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RevokeRoleRequest instance
                 */
                static create(properties: holdfast.auth.v1.RevokeRoleRequest.$Shape): holdfast.auth.v1.RevokeRoleRequest & holdfast.auth.v1.RevokeRoleRequest.$Shape;
                static create(properties?: holdfast.auth.v1.RevokeRoleRequest.$Properties): holdfast.auth.v1.RevokeRoleRequest;

                /**
                 * Encodes the specified RevokeRoleRequest message. Does not implicitly {@link holdfast.auth.v1.RevokeRoleRequest.verify|verify} messages.
                 * @param message RevokeRoleRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RevokeRoleRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RevokeRoleRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RevokeRoleRequest & holdfast.auth.v1.RevokeRoleRequest.$Shape} RevokeRoleRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RevokeRoleRequest & holdfast.auth.v1.RevokeRoleRequest.$Shape;
            }

            namespace RevokeRoleRequest {

                /** Properties of a RevokeRoleRequest. */
                interface $Properties {

                    /** RevokeRoleRequest userId */
                    userId?: (string|null);

                    /** RevokeRoleRequest binding */
                    binding?: (holdfast.auth.v1.RoleBinding.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RevokeRoleRequest. */
                type $Shape = holdfast.auth.v1.RevokeRoleRequest.$Properties;
            }

            /**
             * Properties of a RevokeRoleResponse.
             * @deprecated Use holdfast.auth.v1.RevokeRoleResponse.$Properties instead.
             */
            interface IRevokeRoleResponse extends holdfast.auth.v1.RevokeRoleResponse.$Properties {
            }

            /** Represents a RevokeRoleResponse. */
            class RevokeRoleResponse {

                /**
                 * Constructs a new RevokeRoleResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.RevokeRoleResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RevokeRoleResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /**
                 * Creates a new RevokeRoleResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RevokeRoleResponse instance
                 */
                static create(properties: holdfast.auth.v1.RevokeRoleResponse.$Shape): holdfast.auth.v1.RevokeRoleResponse & holdfast.auth.v1.RevokeRoleResponse.$Shape;
                static create(properties?: holdfast.auth.v1.RevokeRoleResponse.$Properties): holdfast.auth.v1.RevokeRoleResponse;

                /**
                 * Encodes the specified RevokeRoleResponse message. Does not implicitly {@link holdfast.auth.v1.RevokeRoleResponse.verify|verify} messages.
                 * @param message RevokeRoleResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.RevokeRoleResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RevokeRoleResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.RevokeRoleResponse & holdfast.auth.v1.RevokeRoleResponse.$Shape} RevokeRoleResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.RevokeRoleResponse & holdfast.auth.v1.RevokeRoleResponse.$Shape;
            }

            namespace RevokeRoleResponse {

                /** Properties of a RevokeRoleResponse. */
                interface $Properties {

                    /** RevokeRoleResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RevokeRoleResponse. */
                type $Shape = holdfast.auth.v1.RevokeRoleResponse.$Properties;
            }

            /**
             * Properties of a SetUserDisabledRequest.
             * @deprecated Use holdfast.auth.v1.SetUserDisabledRequest.$Properties instead.
             */
            interface ISetUserDisabledRequest extends holdfast.auth.v1.SetUserDisabledRequest.$Properties {
            }

            /** Represents a SetUserDisabledRequest. */
            class SetUserDisabledRequest {

                /**
                 * Constructs a new SetUserDisabledRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SetUserDisabledRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SetUserDisabledRequest userId. */
                userId: string;

                /** SetUserDisabledRequest isDisabled. */
                isDisabled: boolean;

                /**
                 * Creates a new SetUserDisabledRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SetUserDisabledRequest instance
                 */
                static create(properties: holdfast.auth.v1.SetUserDisabledRequest.$Shape): holdfast.auth.v1.SetUserDisabledRequest & holdfast.auth.v1.SetUserDisabledRequest.$Shape;
                static create(properties?: holdfast.auth.v1.SetUserDisabledRequest.$Properties): holdfast.auth.v1.SetUserDisabledRequest;

                /**
                 * Encodes the specified SetUserDisabledRequest message. Does not implicitly {@link holdfast.auth.v1.SetUserDisabledRequest.verify|verify} messages.
                 * @param message SetUserDisabledRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SetUserDisabledRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SetUserDisabledRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SetUserDisabledRequest & holdfast.auth.v1.SetUserDisabledRequest.$Shape} SetUserDisabledRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SetUserDisabledRequest & holdfast.auth.v1.SetUserDisabledRequest.$Shape;
            }

            namespace SetUserDisabledRequest {

                /** Properties of a SetUserDisabledRequest. */
                interface $Properties {

                    /** SetUserDisabledRequest userId */
                    userId?: (string|null);

                    /** SetUserDisabledRequest isDisabled */
                    isDisabled?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SetUserDisabledRequest. */
                type $Shape = holdfast.auth.v1.SetUserDisabledRequest.$Properties;
            }

            /**
             * Properties of a SetUserDisabledResponse.
             * @deprecated Use holdfast.auth.v1.SetUserDisabledResponse.$Properties instead.
             */
            interface ISetUserDisabledResponse extends holdfast.auth.v1.SetUserDisabledResponse.$Properties {
            }

            /** Represents a SetUserDisabledResponse. */
            class SetUserDisabledResponse {

                /**
                 * Constructs a new SetUserDisabledResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.auth.v1.SetUserDisabledResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SetUserDisabledResponse user. */
                user?: (holdfast.auth.v1.User.$Properties|null);

                /**
                 * Creates a new SetUserDisabledResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SetUserDisabledResponse instance
                 */
                static create(properties: holdfast.auth.v1.SetUserDisabledResponse.$Shape): holdfast.auth.v1.SetUserDisabledResponse & holdfast.auth.v1.SetUserDisabledResponse.$Shape;
                static create(properties?: holdfast.auth.v1.SetUserDisabledResponse.$Properties): holdfast.auth.v1.SetUserDisabledResponse;

                /**
                 * Encodes the specified SetUserDisabledResponse message. Does not implicitly {@link holdfast.auth.v1.SetUserDisabledResponse.verify|verify} messages.
                 * @param message SetUserDisabledResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.auth.v1.SetUserDisabledResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SetUserDisabledResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.auth.v1.SetUserDisabledResponse & holdfast.auth.v1.SetUserDisabledResponse.$Shape} SetUserDisabledResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.auth.v1.SetUserDisabledResponse & holdfast.auth.v1.SetUserDisabledResponse.$Shape;
            }

            namespace SetUserDisabledResponse {

                /** Properties of a SetUserDisabledResponse. */
                interface $Properties {

                    /** SetUserDisabledResponse user */
                    user?: (holdfast.auth.v1.User.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SetUserDisabledResponse. */
                type $Shape = holdfast.auth.v1.SetUserDisabledResponse.$Properties;
            }
        }
    }

    /** Namespace log. */
    namespace log {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a Commit.
             * @deprecated Use holdfast.log.v1.Commit.$Properties instead.
             */
            interface ICommit extends holdfast.log.v1.Commit.$Properties {
            }

            /** Represents a Commit. */
            class Commit {

                /**
                 * Constructs a new Commit.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.Commit.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Commit format. */
                format: number;

                /** Commit commitId. */
                commitId: Uint8Array;

                /** Commit lineageId. */
                lineageId: Uint8Array;

                /** Commit generation. */
                generation: number;

                /** Commit aggregateType. */
                aggregateType: string;

                /** Commit aggregateId. */
                aggregateId: string;

                /** Commit aggregateVersion. */
                aggregateVersion: number;

                /** Commit organizationId. */
                organizationId: Uint8Array;

                /** Commit actor. */
                actor?: (holdfast.log.v1.Actor.$Properties|null);

                /** Commit commandId. */
                commandId: Uint8Array;

                /** Commit correlationId. */
                correlationId: Uint8Array;

                /** Commit causationId. */
                causationId: Uint8Array;

                /** Commit timeUnixUs. */
                timeUnixUs: number;

                /** Commit requestHash. */
                requestHash: Uint8Array;

                /** Commit events. */
                events: holdfast.log.v1.Event.$Properties[];

                /** Commit compressedEvents. */
                compressedEvents: Uint8Array;

                /** Commit inflatedBytes. */
                inflatedBytes: number;

                /** Commit reason. */
                reason: string;

                /**
                 * Creates a new Commit instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Commit instance
                 */
                static create(properties: holdfast.log.v1.Commit.$Shape): holdfast.log.v1.Commit & holdfast.log.v1.Commit.$Shape;
                static create(properties?: holdfast.log.v1.Commit.$Properties): holdfast.log.v1.Commit;

                /**
                 * Encodes the specified Commit message. Does not implicitly {@link holdfast.log.v1.Commit.verify|verify} messages.
                 * @param message Commit message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.Commit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Commit message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.Commit & holdfast.log.v1.Commit.$Shape} Commit
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.Commit & holdfast.log.v1.Commit.$Shape;
            }

            namespace Commit {

                /** Properties of a Commit. */
                interface $Properties {

                    /** Commit format */
                    format?: (number|null);

                    /** Commit commitId */
                    commitId?: (Uint8Array|null);

                    /** Commit lineageId */
                    lineageId?: (Uint8Array|null);

                    /** Commit generation */
                    generation?: (number|null);

                    /** Commit aggregateType */
                    aggregateType?: (string|null);

                    /** Commit aggregateId */
                    aggregateId?: (string|null);

                    /** Commit aggregateVersion */
                    aggregateVersion?: (number|null);

                    /** Commit organizationId */
                    organizationId?: (Uint8Array|null);

                    /** Commit actor */
                    actor?: (holdfast.log.v1.Actor.$Properties|null);

                    /** Commit commandId */
                    commandId?: (Uint8Array|null);

                    /** Commit correlationId */
                    correlationId?: (Uint8Array|null);

                    /** Commit causationId */
                    causationId?: (Uint8Array|null);

                    /** Commit timeUnixUs */
                    timeUnixUs?: (number|null);

                    /** Commit requestHash */
                    requestHash?: (Uint8Array|null);

                    /** Commit events */
                    events?: (holdfast.log.v1.Event.$Properties[]|null);

                    /** Commit compressedEvents */
                    compressedEvents?: (Uint8Array|null);

                    /** Commit inflatedBytes */
                    inflatedBytes?: (number|null);

                    /** Commit reason */
                    reason?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Commit. */
                type $Shape = holdfast.log.v1.Commit.$Properties;
            }

            /**
             * Properties of an EventList.
             * @deprecated Use holdfast.log.v1.EventList.$Properties instead.
             */
            interface IEventList extends holdfast.log.v1.EventList.$Properties {
            }

            /** Represents an EventList. */
            class EventList {

                /**
                 * Constructs a new EventList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.EventList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** EventList events. */
                events: holdfast.log.v1.Event.$Properties[];

                /**
                 * Creates a new EventList instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns EventList instance
                 */
                static create(properties: holdfast.log.v1.EventList.$Shape): holdfast.log.v1.EventList & holdfast.log.v1.EventList.$Shape;
                static create(properties?: holdfast.log.v1.EventList.$Properties): holdfast.log.v1.EventList;

                /**
                 * Encodes the specified EventList message. Does not implicitly {@link holdfast.log.v1.EventList.verify|verify} messages.
                 * @param message EventList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.EventList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an EventList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.EventList & holdfast.log.v1.EventList.$Shape} EventList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.EventList & holdfast.log.v1.EventList.$Shape;
            }

            namespace EventList {

                /** Properties of an EventList. */
                interface $Properties {

                    /** EventList events */
                    events?: (holdfast.log.v1.Event.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an EventList. */
                type $Shape = holdfast.log.v1.EventList.$Properties;
            }

            /**
             * Properties of an Event.
             * @deprecated Use holdfast.log.v1.Event.$Properties instead.
             */
            interface IEvent extends holdfast.log.v1.Event.$Properties {
            }

            /** Represents an Event. */
            class Event {

                /**
                 * Constructs a new Event.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.Event.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Event type. */
                type: string;

                /** Event schema. */
                schema: number;

                /** Event data. */
                data: Uint8Array;

                /**
                 * Creates a new Event instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Event instance
                 */
                static create(properties: holdfast.log.v1.Event.$Shape): holdfast.log.v1.Event & holdfast.log.v1.Event.$Shape;
                static create(properties?: holdfast.log.v1.Event.$Properties): holdfast.log.v1.Event;

                /**
                 * Encodes the specified Event message. Does not implicitly {@link holdfast.log.v1.Event.verify|verify} messages.
                 * @param message Event message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.Event.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Event message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.Event & holdfast.log.v1.Event.$Shape} Event
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.Event & holdfast.log.v1.Event.$Shape;
            }

            namespace Event {

                /** Properties of an Event. */
                interface $Properties {

                    /** Event type */
                    type?: (string|null);

                    /** Event schema */
                    schema?: (number|null);

                    /** Event data */
                    data?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Event. */
                type $Shape = holdfast.log.v1.Event.$Properties;
            }

            /**
             * Properties of an Actor.
             * @deprecated Use holdfast.log.v1.Actor.$Properties instead.
             */
            interface IActor extends holdfast.log.v1.Actor.$Properties {
            }

            /** Represents an Actor. */
            class Actor {

                /**
                 * Constructs a new Actor.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.Actor.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Actor kind. */
                kind: holdfast.log.v1.ActorKind;

                /** Actor id. */
                id: string;

                /** Actor method. */
                method: holdfast.log.v1.AuthenticationMethod;

                /** Actor sessionId. */
                sessionId: string;

                /**
                 * Creates a new Actor instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Actor instance
                 */
                static create(properties: holdfast.log.v1.Actor.$Shape): holdfast.log.v1.Actor & holdfast.log.v1.Actor.$Shape;
                static create(properties?: holdfast.log.v1.Actor.$Properties): holdfast.log.v1.Actor;

                /**
                 * Encodes the specified Actor message. Does not implicitly {@link holdfast.log.v1.Actor.verify|verify} messages.
                 * @param message Actor message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.Actor.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Actor message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.Actor & holdfast.log.v1.Actor.$Shape} Actor
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.Actor & holdfast.log.v1.Actor.$Shape;
            }

            namespace Actor {

                /** Properties of an Actor. */
                interface $Properties {

                    /** Actor kind */
                    kind?: (holdfast.log.v1.ActorKind|null);

                    /** Actor id */
                    id?: (string|null);

                    /** Actor method */
                    method?: (holdfast.log.v1.AuthenticationMethod|null);

                    /** Actor sessionId */
                    sessionId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Actor. */
                type $Shape = holdfast.log.v1.Actor.$Properties;
            }

            /** ActorKind enum. */
            enum ActorKind {

                /** ACTOR_KIND_UNSPECIFIED value */
                ACTOR_KIND_UNSPECIFIED = 0,

                /** ACTOR_KIND_USER value */
                ACTOR_KIND_USER = 1,

                /** ACTOR_KIND_API_KEY value */
                ACTOR_KIND_API_KEY = 2,

                /** ACTOR_KIND_SERVICE value */
                ACTOR_KIND_SERVICE = 3,

                /** ACTOR_KIND_NODE value */
                ACTOR_KIND_NODE = 4
            }

            /** AuthenticationMethod enum. */
            enum AuthenticationMethod {

                /** AUTHENTICATION_METHOD_UNSPECIFIED value */
                AUTHENTICATION_METHOD_UNSPECIFIED = 0,

                /** AUTHENTICATION_METHOD_PASSWORD value */
                AUTHENTICATION_METHOD_PASSWORD = 1,

                /** AUTHENTICATION_METHOD_PASSWORD_TOTP value */
                AUTHENTICATION_METHOD_PASSWORD_TOTP = 2,

                /** AUTHENTICATION_METHOD_API_KEY value */
                AUTHENTICATION_METHOD_API_KEY = 3,

                /** AUTHENTICATION_METHOD_CERTIFICATE value */
                AUTHENTICATION_METHOD_CERTIFICATE = 4
            }

            /**
             * Properties of a Sealed.
             * @deprecated Use holdfast.log.v1.Sealed.$Properties instead.
             */
            interface ISealed extends holdfast.log.v1.Sealed.$Properties {
            }

            /** Represents a Sealed. */
            class Sealed {

                /**
                 * Constructs a new Sealed.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.Sealed.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Sealed keyId. */
                keyId: string;

                /** Sealed nonce. */
                nonce: Uint8Array;

                /** Sealed ciphertext. */
                ciphertext: Uint8Array;

                /**
                 * Creates a new Sealed instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Sealed instance
                 */
                static create(properties: holdfast.log.v1.Sealed.$Shape): holdfast.log.v1.Sealed & holdfast.log.v1.Sealed.$Shape;
                static create(properties?: holdfast.log.v1.Sealed.$Properties): holdfast.log.v1.Sealed;

                /**
                 * Encodes the specified Sealed message. Does not implicitly {@link holdfast.log.v1.Sealed.verify|verify} messages.
                 * @param message Sealed message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.Sealed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Sealed message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.Sealed & holdfast.log.v1.Sealed.$Shape} Sealed
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.Sealed & holdfast.log.v1.Sealed.$Shape;
            }

            namespace Sealed {

                /** Properties of a Sealed. */
                interface $Properties {

                    /** Sealed keyId */
                    keyId?: (string|null);

                    /** Sealed nonce */
                    nonce?: (Uint8Array|null);

                    /** Sealed ciphertext */
                    ciphertext?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Sealed. */
                type $Shape = holdfast.log.v1.Sealed.$Properties;
            }

            /**
             * Properties of a SealedToNode.
             * @deprecated Use holdfast.log.v1.SealedToNode.$Properties instead.
             */
            interface ISealedToNode extends holdfast.log.v1.SealedToNode.$Properties {
            }

            /** Represents a SealedToNode. */
            class SealedToNode {

                /**
                 * Constructs a new SealedToNode.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.log.v1.SealedToNode.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SealedToNode recipient. */
                recipient: Uint8Array;

                /** SealedToNode ephemeralPublicKey. */
                ephemeralPublicKey: Uint8Array;

                /** SealedToNode nonce. */
                nonce: Uint8Array;

                /** SealedToNode ciphertext. */
                ciphertext: Uint8Array;

                /**
                 * Creates a new SealedToNode instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns SealedToNode instance
                 */
                static create(properties: holdfast.log.v1.SealedToNode.$Shape): holdfast.log.v1.SealedToNode & holdfast.log.v1.SealedToNode.$Shape;
                static create(properties?: holdfast.log.v1.SealedToNode.$Properties): holdfast.log.v1.SealedToNode;

                /**
                 * Encodes the specified SealedToNode message. Does not implicitly {@link holdfast.log.v1.SealedToNode.verify|verify} messages.
                 * @param message SealedToNode message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.log.v1.SealedToNode.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SealedToNode message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.log.v1.SealedToNode & holdfast.log.v1.SealedToNode.$Shape} SealedToNode
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.log.v1.SealedToNode & holdfast.log.v1.SealedToNode.$Shape;
            }

            namespace SealedToNode {

                /** Properties of a SealedToNode. */
                interface $Properties {

                    /** SealedToNode recipient */
                    recipient?: (Uint8Array|null);

                    /** SealedToNode ephemeralPublicKey */
                    ephemeralPublicKey?: (Uint8Array|null);

                    /** SealedToNode nonce */
                    nonce?: (Uint8Array|null);

                    /** SealedToNode ciphertext */
                    ciphertext?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SealedToNode. */
                type $Shape = holdfast.log.v1.SealedToNode.$Properties;
            }
        }
    }

    /** Namespace mux. */
    namespace mux {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a ConnectRequest.
             * @deprecated Use holdfast.mux.v1.ConnectRequest.$Properties instead.
             */
            interface IConnectRequest extends holdfast.mux.v1.ConnectRequest.$Properties {
            }

            /** Represents a ConnectRequest. */
            class ConnectRequest {

                /**
                 * Constructs a new ConnectRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.mux.v1.ConnectRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ConnectRequest calls. */
                calls: holdfast.mux.v1.Call.$Properties[];

                /** ConnectRequest cancelled. */
                cancelled: number[];

                /**
                 * Creates a new ConnectRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ConnectRequest instance
                 */
                static create(properties: holdfast.mux.v1.ConnectRequest.$Shape): holdfast.mux.v1.ConnectRequest & holdfast.mux.v1.ConnectRequest.$Shape;
                static create(properties?: holdfast.mux.v1.ConnectRequest.$Properties): holdfast.mux.v1.ConnectRequest;

                /**
                 * Encodes the specified ConnectRequest message. Does not implicitly {@link holdfast.mux.v1.ConnectRequest.verify|verify} messages.
                 * @param message ConnectRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.mux.v1.ConnectRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ConnectRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.mux.v1.ConnectRequest & holdfast.mux.v1.ConnectRequest.$Shape} ConnectRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.mux.v1.ConnectRequest & holdfast.mux.v1.ConnectRequest.$Shape;
            }

            namespace ConnectRequest {

                /** Properties of a ConnectRequest. */
                interface $Properties {

                    /** ConnectRequest calls */
                    calls?: (holdfast.mux.v1.Call.$Properties[]|null);

                    /** ConnectRequest cancelled */
                    cancelled?: (number[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ConnectRequest. */
                type $Shape = holdfast.mux.v1.ConnectRequest.$Properties;
            }

            /**
             * Properties of a ConnectResponse.
             * @deprecated Use holdfast.mux.v1.ConnectResponse.$Properties instead.
             */
            interface IConnectResponse extends holdfast.mux.v1.ConnectResponse.$Properties {
            }

            /** Represents a ConnectResponse. */
            class ConnectResponse {

                /**
                 * Constructs a new ConnectResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.mux.v1.ConnectResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ConnectResponse replies. */
                replies: holdfast.mux.v1.Reply.$Properties[];

                /**
                 * Creates a new ConnectResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ConnectResponse instance
                 */
                static create(properties: holdfast.mux.v1.ConnectResponse.$Shape): holdfast.mux.v1.ConnectResponse & holdfast.mux.v1.ConnectResponse.$Shape;
                static create(properties?: holdfast.mux.v1.ConnectResponse.$Properties): holdfast.mux.v1.ConnectResponse;

                /**
                 * Encodes the specified ConnectResponse message. Does not implicitly {@link holdfast.mux.v1.ConnectResponse.verify|verify} messages.
                 * @param message ConnectResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.mux.v1.ConnectResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ConnectResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.mux.v1.ConnectResponse & holdfast.mux.v1.ConnectResponse.$Shape} ConnectResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.mux.v1.ConnectResponse & holdfast.mux.v1.ConnectResponse.$Shape;
            }

            namespace ConnectResponse {

                /** Properties of a ConnectResponse. */
                interface $Properties {

                    /** ConnectResponse replies */
                    replies?: (holdfast.mux.v1.Reply.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ConnectResponse. */
                type $Shape = holdfast.mux.v1.ConnectResponse.$Properties;
            }

            /**
             * Properties of a Call.
             * @deprecated Use holdfast.mux.v1.Call.$Properties instead.
             */
            interface ICall extends holdfast.mux.v1.Call.$Properties {
            }

            /** Represents a Call. */
            class Call {

                /**
                 * Constructs a new Call.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.mux.v1.Call.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Call id. */
                id: number;

                /** Call method. */
                method: string;

                /** Call request. */
                request: Uint8Array;

                /** Call timeoutMs. */
                timeoutMs: number;

                /** Call metadata. */
                metadata: { [k: string]: string };

                /**
                 * Creates a new Call instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Call instance
                 */
                static create(properties: holdfast.mux.v1.Call.$Shape): holdfast.mux.v1.Call & holdfast.mux.v1.Call.$Shape;
                static create(properties?: holdfast.mux.v1.Call.$Properties): holdfast.mux.v1.Call;

                /**
                 * Encodes the specified Call message. Does not implicitly {@link holdfast.mux.v1.Call.verify|verify} messages.
                 * @param message Call message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.mux.v1.Call.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Call message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.mux.v1.Call & holdfast.mux.v1.Call.$Shape} Call
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.mux.v1.Call & holdfast.mux.v1.Call.$Shape;
            }

            namespace Call {

                /** Properties of a Call. */
                interface $Properties {

                    /** Call id */
                    id?: (number|null);

                    /** Call method */
                    method?: (string|null);

                    /** Call request */
                    request?: (Uint8Array|null);

                    /** Call timeoutMs */
                    timeoutMs?: (number|null);

                    /** Call metadata */
                    metadata?: ({ [k: string]: string }|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Call. */
                type $Shape = holdfast.mux.v1.Call.$Properties;
            }

            /**
             * Properties of a Reply.
             * @deprecated Use holdfast.mux.v1.Reply.$Properties instead.
             */
            interface IReply extends holdfast.mux.v1.Reply.$Properties {
            }

            /** Represents a Reply. */
            class Reply {

                /**
                 * Constructs a new Reply.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.mux.v1.Reply.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Reply id. */
                id: number;

                /** Reply code. */
                code: number;

                /** Reply response. */
                response: Uint8Array;

                /** Reply errorMessage. */
                errorMessage: string;

                /** Reply errorDetails. */
                errorDetails: Uint8Array;

                /** Reply metadata. */
                metadata: { [k: string]: string };

                /**
                 * Creates a new Reply instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Reply instance
                 */
                static create(properties: holdfast.mux.v1.Reply.$Shape): holdfast.mux.v1.Reply & holdfast.mux.v1.Reply.$Shape;
                static create(properties?: holdfast.mux.v1.Reply.$Properties): holdfast.mux.v1.Reply;

                /**
                 * Encodes the specified Reply message. Does not implicitly {@link holdfast.mux.v1.Reply.verify|verify} messages.
                 * @param message Reply message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.mux.v1.Reply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Reply message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.mux.v1.Reply & holdfast.mux.v1.Reply.$Shape} Reply
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.mux.v1.Reply & holdfast.mux.v1.Reply.$Shape;
            }

            namespace Reply {

                /** Properties of a Reply. */
                interface $Properties {

                    /** Reply id */
                    id?: (number|null);

                    /** Reply code */
                    code?: (number|null);

                    /** Reply response */
                    response?: (Uint8Array|null);

                    /** Reply errorMessage */
                    errorMessage?: (string|null);

                    /** Reply errorDetails */
                    errorDetails?: (Uint8Array|null);

                    /** Reply metadata */
                    metadata?: ({ [k: string]: string }|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Reply. */
                type $Shape = holdfast.mux.v1.Reply.$Properties;
            }
        }
    }

    /** Namespace network. */
    namespace network {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a NodeEnrolled.
             * @deprecated Use holdfast.network.v1.NodeEnrolled.$Properties instead.
             */
            interface INodeEnrolled extends holdfast.network.v1.NodeEnrolled.$Properties {
            }

            /** Represents a NodeEnrolled. */
            class NodeEnrolled {

                /**
                 * Constructs a new NodeEnrolled.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.NodeEnrolled.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NodeEnrolled organizationId. */
                organizationId: string;

                /** NodeEnrolled siteId. */
                siteId: string;

                /** NodeEnrolled name. */
                name: string;

                /** NodeEnrolled enrolmentKey. */
                enrolmentKey: Uint8Array;

                /** NodeEnrolled natsPublicKey. */
                natsPublicKey: string;

                /** NodeEnrolled hostname. */
                hostname: string;

                /** NodeEnrolled platform. */
                platform: string;

                /**
                 * Creates a new NodeEnrolled instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeEnrolled instance
                 */
                static create(properties: holdfast.network.v1.NodeEnrolled.$Shape): holdfast.network.v1.NodeEnrolled & holdfast.network.v1.NodeEnrolled.$Shape;
                static create(properties?: holdfast.network.v1.NodeEnrolled.$Properties): holdfast.network.v1.NodeEnrolled;

                /**
                 * Encodes the specified NodeEnrolled message. Does not implicitly {@link holdfast.network.v1.NodeEnrolled.verify|verify} messages.
                 * @param message NodeEnrolled message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.NodeEnrolled.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeEnrolled message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.NodeEnrolled & holdfast.network.v1.NodeEnrolled.$Shape} NodeEnrolled
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.NodeEnrolled & holdfast.network.v1.NodeEnrolled.$Shape;
            }

            namespace NodeEnrolled {

                /** Properties of a NodeEnrolled. */
                interface $Properties {

                    /** NodeEnrolled organizationId */
                    organizationId?: (string|null);

                    /** NodeEnrolled siteId */
                    siteId?: (string|null);

                    /** NodeEnrolled name */
                    name?: (string|null);

                    /** NodeEnrolled enrolmentKey */
                    enrolmentKey?: (Uint8Array|null);

                    /** NodeEnrolled natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** NodeEnrolled hostname */
                    hostname?: (string|null);

                    /** NodeEnrolled platform */
                    platform?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeEnrolled. */
                type $Shape = holdfast.network.v1.NodeEnrolled.$Properties;
            }

            /**
             * Properties of a NodeUpdated.
             * @deprecated Use holdfast.network.v1.NodeUpdated.$Properties instead.
             */
            interface INodeUpdated extends holdfast.network.v1.NodeUpdated.$Properties {
            }

            /** Represents a NodeUpdated. */
            class NodeUpdated {

                /**
                 * Constructs a new NodeUpdated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.NodeUpdated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** NodeUpdated name. */
                name: string;

                /** NodeUpdated siteId. */
                siteId: string;

                /** NodeUpdated endpointHost. */
                endpointHost: string;

                /**
                 * Creates a new NodeUpdated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeUpdated instance
                 */
                static create(properties: holdfast.network.v1.NodeUpdated.$Shape): holdfast.network.v1.NodeUpdated & holdfast.network.v1.NodeUpdated.$Shape;
                static create(properties?: holdfast.network.v1.NodeUpdated.$Properties): holdfast.network.v1.NodeUpdated;

                /**
                 * Encodes the specified NodeUpdated message. Does not implicitly {@link holdfast.network.v1.NodeUpdated.verify|verify} messages.
                 * @param message NodeUpdated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.NodeUpdated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeUpdated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.NodeUpdated & holdfast.network.v1.NodeUpdated.$Shape} NodeUpdated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.NodeUpdated & holdfast.network.v1.NodeUpdated.$Shape;
            }

            namespace NodeUpdated {

                /** Properties of a NodeUpdated. */
                interface $Properties {

                    /** NodeUpdated name */
                    name?: (string|null);

                    /** NodeUpdated siteId */
                    siteId?: (string|null);

                    /** NodeUpdated endpointHost */
                    endpointHost?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeUpdated. */
                type $Shape = holdfast.network.v1.NodeUpdated.$Properties;
            }

            /**
             * Properties of a NodeDeleted.
             * @deprecated Use holdfast.network.v1.NodeDeleted.$Properties instead.
             */
            interface INodeDeleted extends holdfast.network.v1.NodeDeleted.$Properties {
            }

            /** Represents a NodeDeleted. */
            class NodeDeleted {

                /**
                 * Constructs a new NodeDeleted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.NodeDeleted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new NodeDeleted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns NodeDeleted instance
                 */
                static create(properties: holdfast.network.v1.NodeDeleted.$Shape): holdfast.network.v1.NodeDeleted & holdfast.network.v1.NodeDeleted.$Shape;
                static create(properties?: holdfast.network.v1.NodeDeleted.$Properties): holdfast.network.v1.NodeDeleted;

                /**
                 * Encodes the specified NodeDeleted message. Does not implicitly {@link holdfast.network.v1.NodeDeleted.verify|verify} messages.
                 * @param message NodeDeleted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.NodeDeleted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a NodeDeleted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.NodeDeleted & holdfast.network.v1.NodeDeleted.$Shape} NodeDeleted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.NodeDeleted & holdfast.network.v1.NodeDeleted.$Shape;
            }

            namespace NodeDeleted {

                /** Properties of a NodeDeleted. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a NodeDeleted. */
                type $Shape = holdfast.network.v1.NodeDeleted.$Properties;
            }

            /**
             * Properties of an InterfaceClaimed.
             * @deprecated Use holdfast.network.v1.InterfaceClaimed.$Properties instead.
             */
            interface IInterfaceClaimed extends holdfast.network.v1.InterfaceClaimed.$Properties {
            }

            /** Represents an InterfaceClaimed. */
            class InterfaceClaimed {

                /**
                 * Constructs a new InterfaceClaimed.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceClaimed.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceClaimed interfaceId. */
                interfaceId: string;

                /** InterfaceClaimed name. */
                name: string;

                /** InterfaceClaimed listenPort. */
                listenPort: number;

                /**
                 * Creates a new InterfaceClaimed instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceClaimed instance
                 */
                static create(properties: holdfast.network.v1.InterfaceClaimed.$Shape): holdfast.network.v1.InterfaceClaimed & holdfast.network.v1.InterfaceClaimed.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceClaimed.$Properties): holdfast.network.v1.InterfaceClaimed;

                /**
                 * Encodes the specified InterfaceClaimed message. Does not implicitly {@link holdfast.network.v1.InterfaceClaimed.verify|verify} messages.
                 * @param message InterfaceClaimed message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceClaimed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceClaimed message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceClaimed & holdfast.network.v1.InterfaceClaimed.$Shape} InterfaceClaimed
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceClaimed & holdfast.network.v1.InterfaceClaimed.$Shape;
            }

            namespace InterfaceClaimed {

                /** Properties of an InterfaceClaimed. */
                interface $Properties {

                    /** InterfaceClaimed interfaceId */
                    interfaceId?: (string|null);

                    /** InterfaceClaimed name */
                    name?: (string|null);

                    /** InterfaceClaimed listenPort */
                    listenPort?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceClaimed. */
                type $Shape = holdfast.network.v1.InterfaceClaimed.$Properties;
            }

            /**
             * Properties of an InterfaceReleased.
             * @deprecated Use holdfast.network.v1.InterfaceReleased.$Properties instead.
             */
            interface IInterfaceReleased extends holdfast.network.v1.InterfaceReleased.$Properties {
            }

            /** Represents an InterfaceReleased. */
            class InterfaceReleased {

                /**
                 * Constructs a new InterfaceReleased.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceReleased.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceReleased interfaceId. */
                interfaceId: string;

                /**
                 * Creates a new InterfaceReleased instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceReleased instance
                 */
                static create(properties: holdfast.network.v1.InterfaceReleased.$Shape): holdfast.network.v1.InterfaceReleased & holdfast.network.v1.InterfaceReleased.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceReleased.$Properties): holdfast.network.v1.InterfaceReleased;

                /**
                 * Encodes the specified InterfaceReleased message. Does not implicitly {@link holdfast.network.v1.InterfaceReleased.verify|verify} messages.
                 * @param message InterfaceReleased message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceReleased.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceReleased message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceReleased & holdfast.network.v1.InterfaceReleased.$Shape} InterfaceReleased
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceReleased & holdfast.network.v1.InterfaceReleased.$Shape;
            }

            namespace InterfaceReleased {

                /** Properties of an InterfaceReleased. */
                interface $Properties {

                    /** InterfaceReleased interfaceId */
                    interfaceId?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceReleased. */
                type $Shape = holdfast.network.v1.InterfaceReleased.$Properties;
            }

            /**
             * Properties of an InterfaceCreated.
             * @deprecated Use holdfast.network.v1.InterfaceCreated.$Properties instead.
             */
            interface IInterfaceCreated extends holdfast.network.v1.InterfaceCreated.$Properties {
            }

            /** Represents an InterfaceCreated. */
            class InterfaceCreated {

                /**
                 * Constructs a new InterfaceCreated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceCreated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceCreated organizationId. */
                organizationId: string;

                /** InterfaceCreated settings. */
                settings?: (holdfast.network.v1.InterfaceSettings.$Properties|null);

                /** InterfaceCreated publicKey. */
                publicKey: Uint8Array;

                /** InterfaceCreated privateKey. */
                privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /** InterfaceCreated privateKeyForNode. */
                privateKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                /**
                 * Creates a new InterfaceCreated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceCreated instance
                 */
                static create(properties: holdfast.network.v1.InterfaceCreated.$Shape): holdfast.network.v1.InterfaceCreated & holdfast.network.v1.InterfaceCreated.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceCreated.$Properties): holdfast.network.v1.InterfaceCreated;

                /**
                 * Encodes the specified InterfaceCreated message. Does not implicitly {@link holdfast.network.v1.InterfaceCreated.verify|verify} messages.
                 * @param message InterfaceCreated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceCreated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceCreated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceCreated & holdfast.network.v1.InterfaceCreated.$Shape} InterfaceCreated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceCreated & holdfast.network.v1.InterfaceCreated.$Shape;
            }

            namespace InterfaceCreated {

                /** Properties of an InterfaceCreated. */
                interface $Properties {

                    /** InterfaceCreated organizationId */
                    organizationId?: (string|null);

                    /** InterfaceCreated settings */
                    settings?: (holdfast.network.v1.InterfaceSettings.$Properties|null);

                    /** InterfaceCreated publicKey */
                    publicKey?: (Uint8Array|null);

                    /** InterfaceCreated privateKey */
                    privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** InterfaceCreated privateKeyForNode */
                    privateKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceCreated. */
                type $Shape = holdfast.network.v1.InterfaceCreated.$Properties;
            }

            /**
             * Properties of an InterfaceSettings.
             * @deprecated Use holdfast.network.v1.InterfaceSettings.$Properties instead.
             */
            interface IInterfaceSettings extends holdfast.network.v1.InterfaceSettings.$Properties {
            }

            /** Represents an InterfaceSettings. */
            class InterfaceSettings {

                /**
                 * Constructs a new InterfaceSettings.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceSettings.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceSettings name. */
                name: string;

                /** InterfaceSettings addresses. */
                addresses: string[];

                /** InterfaceSettings listenPort. */
                listenPort: number;

                /** InterfaceSettings mtu. */
                mtu: number;

                /** InterfaceSettings dns. */
                dns: string[];

                /** InterfaceSettings endpoint. */
                endpoint: string;

                /** InterfaceSettings clientAllowedIps. */
                clientAllowedIps: string[];

                /** InterfaceSettings isEnabled. */
                isEnabled: boolean;

                /** InterfaceSettings extraDirectives. */
                extraDirectives: string[];

                /** InterfaceSettings addressQuarantineSeconds. */
                addressQuarantineSeconds: number;

                /**
                 * Creates a new InterfaceSettings instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceSettings instance
                 */
                static create(properties: holdfast.network.v1.InterfaceSettings.$Shape): holdfast.network.v1.InterfaceSettings & holdfast.network.v1.InterfaceSettings.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceSettings.$Properties): holdfast.network.v1.InterfaceSettings;

                /**
                 * Encodes the specified InterfaceSettings message. Does not implicitly {@link holdfast.network.v1.InterfaceSettings.verify|verify} messages.
                 * @param message InterfaceSettings message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceSettings.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceSettings message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceSettings & holdfast.network.v1.InterfaceSettings.$Shape} InterfaceSettings
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceSettings & holdfast.network.v1.InterfaceSettings.$Shape;
            }

            namespace InterfaceSettings {

                /** Properties of an InterfaceSettings. */
                interface $Properties {

                    /** InterfaceSettings name */
                    name?: (string|null);

                    /** InterfaceSettings addresses */
                    addresses?: (string[]|null);

                    /** InterfaceSettings listenPort */
                    listenPort?: (number|null);

                    /** InterfaceSettings mtu */
                    mtu?: (number|null);

                    /** InterfaceSettings dns */
                    dns?: (string[]|null);

                    /** InterfaceSettings endpoint */
                    endpoint?: (string|null);

                    /** InterfaceSettings clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** InterfaceSettings isEnabled */
                    isEnabled?: (boolean|null);

                    /** InterfaceSettings extraDirectives */
                    extraDirectives?: (string[]|null);

                    /** InterfaceSettings addressQuarantineSeconds */
                    addressQuarantineSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceSettings. */
                type $Shape = holdfast.network.v1.InterfaceSettings.$Properties;
            }

            /**
             * Properties of an InterfaceUpdated.
             * @deprecated Use holdfast.network.v1.InterfaceUpdated.$Properties instead.
             */
            interface IInterfaceUpdated extends holdfast.network.v1.InterfaceUpdated.$Properties {
            }

            /** Represents an InterfaceUpdated. */
            class InterfaceUpdated {

                /**
                 * Constructs a new InterfaceUpdated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceUpdated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceUpdated settings. */
                settings?: (holdfast.network.v1.InterfaceSettings.$Properties|null);

                /**
                 * Creates a new InterfaceUpdated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceUpdated instance
                 */
                static create(properties: holdfast.network.v1.InterfaceUpdated.$Shape): holdfast.network.v1.InterfaceUpdated & holdfast.network.v1.InterfaceUpdated.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceUpdated.$Properties): holdfast.network.v1.InterfaceUpdated;

                /**
                 * Encodes the specified InterfaceUpdated message. Does not implicitly {@link holdfast.network.v1.InterfaceUpdated.verify|verify} messages.
                 * @param message InterfaceUpdated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceUpdated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceUpdated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceUpdated & holdfast.network.v1.InterfaceUpdated.$Shape} InterfaceUpdated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceUpdated & holdfast.network.v1.InterfaceUpdated.$Shape;
            }

            namespace InterfaceUpdated {

                /** Properties of an InterfaceUpdated. */
                interface $Properties {

                    /** InterfaceUpdated settings */
                    settings?: (holdfast.network.v1.InterfaceSettings.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceUpdated. */
                type $Shape = holdfast.network.v1.InterfaceUpdated.$Properties;
            }

            /**
             * Properties of an InterfaceKeyRotated.
             * @deprecated Use holdfast.network.v1.InterfaceKeyRotated.$Properties instead.
             */
            interface IInterfaceKeyRotated extends holdfast.network.v1.InterfaceKeyRotated.$Properties {
            }

            /** Represents an InterfaceKeyRotated. */
            class InterfaceKeyRotated {

                /**
                 * Constructs a new InterfaceKeyRotated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceKeyRotated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** InterfaceKeyRotated publicKey. */
                publicKey: Uint8Array;

                /** InterfaceKeyRotated privateKey. */
                privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /** InterfaceKeyRotated privateKeyForNode. */
                privateKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                /**
                 * Creates a new InterfaceKeyRotated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceKeyRotated instance
                 */
                static create(properties: holdfast.network.v1.InterfaceKeyRotated.$Shape): holdfast.network.v1.InterfaceKeyRotated & holdfast.network.v1.InterfaceKeyRotated.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceKeyRotated.$Properties): holdfast.network.v1.InterfaceKeyRotated;

                /**
                 * Encodes the specified InterfaceKeyRotated message. Does not implicitly {@link holdfast.network.v1.InterfaceKeyRotated.verify|verify} messages.
                 * @param message InterfaceKeyRotated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceKeyRotated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceKeyRotated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceKeyRotated & holdfast.network.v1.InterfaceKeyRotated.$Shape} InterfaceKeyRotated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceKeyRotated & holdfast.network.v1.InterfaceKeyRotated.$Shape;
            }

            namespace InterfaceKeyRotated {

                /** Properties of an InterfaceKeyRotated. */
                interface $Properties {

                    /** InterfaceKeyRotated publicKey */
                    publicKey?: (Uint8Array|null);

                    /** InterfaceKeyRotated privateKey */
                    privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** InterfaceKeyRotated privateKeyForNode */
                    privateKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceKeyRotated. */
                type $Shape = holdfast.network.v1.InterfaceKeyRotated.$Properties;
            }

            /**
             * Properties of an InterfaceDeleted.
             * @deprecated Use holdfast.network.v1.InterfaceDeleted.$Properties instead.
             */
            interface IInterfaceDeleted extends holdfast.network.v1.InterfaceDeleted.$Properties {
            }

            /** Represents an InterfaceDeleted. */
            class InterfaceDeleted {

                /**
                 * Constructs a new InterfaceDeleted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.InterfaceDeleted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new InterfaceDeleted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns InterfaceDeleted instance
                 */
                static create(properties: holdfast.network.v1.InterfaceDeleted.$Shape): holdfast.network.v1.InterfaceDeleted & holdfast.network.v1.InterfaceDeleted.$Shape;
                static create(properties?: holdfast.network.v1.InterfaceDeleted.$Properties): holdfast.network.v1.InterfaceDeleted;

                /**
                 * Encodes the specified InterfaceDeleted message. Does not implicitly {@link holdfast.network.v1.InterfaceDeleted.verify|verify} messages.
                 * @param message InterfaceDeleted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.InterfaceDeleted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an InterfaceDeleted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.InterfaceDeleted & holdfast.network.v1.InterfaceDeleted.$Shape} InterfaceDeleted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.InterfaceDeleted & holdfast.network.v1.InterfaceDeleted.$Shape;
            }

            namespace InterfaceDeleted {

                /** Properties of an InterfaceDeleted. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an InterfaceDeleted. */
                type $Shape = holdfast.network.v1.InterfaceDeleted.$Properties;
            }

            /**
             * Properties of a PeerAdded.
             * @deprecated Use holdfast.network.v1.PeerAdded.$Properties instead.
             */
            interface IPeerAdded extends holdfast.network.v1.PeerAdded.$Properties {
            }

            /** Represents a PeerAdded. */
            class PeerAdded {

                /**
                 * Constructs a new PeerAdded.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerAdded.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerAdded peerId. */
                peerId: string;

                /** PeerAdded settings. */
                settings?: (holdfast.network.v1.PeerSettings.$Properties|null);

                /** PeerAdded publicKey. */
                publicKey: Uint8Array;

                /** PeerAdded privateKey. */
                privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /** PeerAdded presharedKey. */
                presharedKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /** PeerAdded presharedKeyForNode. */
                presharedKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                /**
                 * Creates a new PeerAdded instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerAdded instance
                 */
                static create(properties: holdfast.network.v1.PeerAdded.$Shape): holdfast.network.v1.PeerAdded & holdfast.network.v1.PeerAdded.$Shape;
                static create(properties?: holdfast.network.v1.PeerAdded.$Properties): holdfast.network.v1.PeerAdded;

                /**
                 * Encodes the specified PeerAdded message. Does not implicitly {@link holdfast.network.v1.PeerAdded.verify|verify} messages.
                 * @param message PeerAdded message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerAdded.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerAdded message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerAdded & holdfast.network.v1.PeerAdded.$Shape} PeerAdded
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerAdded & holdfast.network.v1.PeerAdded.$Shape;
            }

            namespace PeerAdded {

                /** Properties of a PeerAdded. */
                interface $Properties {

                    /** PeerAdded peerId */
                    peerId?: (string|null);

                    /** PeerAdded settings */
                    settings?: (holdfast.network.v1.PeerSettings.$Properties|null);

                    /** PeerAdded publicKey */
                    publicKey?: (Uint8Array|null);

                    /** PeerAdded privateKey */
                    privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** PeerAdded presharedKey */
                    presharedKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** PeerAdded presharedKeyForNode */
                    presharedKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerAdded. */
                type $Shape = holdfast.network.v1.PeerAdded.$Properties;
            }

            /**
             * Properties of a PeerSettings.
             * @deprecated Use holdfast.network.v1.PeerSettings.$Properties instead.
             */
            interface IPeerSettings extends holdfast.network.v1.PeerSettings.$Properties {
            }

            /** Represents a PeerSettings. */
            class PeerSettings {

                /**
                 * Constructs a new PeerSettings.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerSettings.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerSettings name. */
                name: string;

                /** PeerSettings addresses. */
                addresses: string[];

                /** PeerSettings allowedIps. */
                allowedIps: string[];

                /** PeerSettings clientAllowedIps. */
                clientAllowedIps: string[];

                /** PeerSettings endpoint. */
                endpoint: string;

                /** PeerSettings keepaliveSeconds. */
                keepaliveSeconds: number;

                /** PeerSettings isEnabled. */
                isEnabled: boolean;

                /** PeerSettings expiresAtUnixMs. */
                expiresAtUnixMs: number;

                /** PeerSettings dns. */
                dns: string[];

                /** PeerSettings description. */
                description: string;

                /**
                 * Creates a new PeerSettings instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerSettings instance
                 */
                static create(properties: holdfast.network.v1.PeerSettings.$Shape): holdfast.network.v1.PeerSettings & holdfast.network.v1.PeerSettings.$Shape;
                static create(properties?: holdfast.network.v1.PeerSettings.$Properties): holdfast.network.v1.PeerSettings;

                /**
                 * Encodes the specified PeerSettings message. Does not implicitly {@link holdfast.network.v1.PeerSettings.verify|verify} messages.
                 * @param message PeerSettings message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerSettings.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerSettings message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerSettings & holdfast.network.v1.PeerSettings.$Shape} PeerSettings
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerSettings & holdfast.network.v1.PeerSettings.$Shape;
            }

            namespace PeerSettings {

                /** Properties of a PeerSettings. */
                interface $Properties {

                    /** PeerSettings name */
                    name?: (string|null);

                    /** PeerSettings addresses */
                    addresses?: (string[]|null);

                    /** PeerSettings allowedIps */
                    allowedIps?: (string[]|null);

                    /** PeerSettings clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** PeerSettings endpoint */
                    endpoint?: (string|null);

                    /** PeerSettings keepaliveSeconds */
                    keepaliveSeconds?: (number|null);

                    /** PeerSettings isEnabled */
                    isEnabled?: (boolean|null);

                    /** PeerSettings expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** PeerSettings dns */
                    dns?: (string[]|null);

                    /** PeerSettings description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerSettings. */
                type $Shape = holdfast.network.v1.PeerSettings.$Properties;
            }

            /**
             * Properties of a PeerUpdated.
             * @deprecated Use holdfast.network.v1.PeerUpdated.$Properties instead.
             */
            interface IPeerUpdated extends holdfast.network.v1.PeerUpdated.$Properties {
            }

            /** Represents a PeerUpdated. */
            class PeerUpdated {

                /**
                 * Constructs a new PeerUpdated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerUpdated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerUpdated peerId. */
                peerId: string;

                /** PeerUpdated settings. */
                settings?: (holdfast.network.v1.PeerSettings.$Properties|null);

                /**
                 * Creates a new PeerUpdated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerUpdated instance
                 */
                static create(properties: holdfast.network.v1.PeerUpdated.$Shape): holdfast.network.v1.PeerUpdated & holdfast.network.v1.PeerUpdated.$Shape;
                static create(properties?: holdfast.network.v1.PeerUpdated.$Properties): holdfast.network.v1.PeerUpdated;

                /**
                 * Encodes the specified PeerUpdated message. Does not implicitly {@link holdfast.network.v1.PeerUpdated.verify|verify} messages.
                 * @param message PeerUpdated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerUpdated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerUpdated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerUpdated & holdfast.network.v1.PeerUpdated.$Shape} PeerUpdated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerUpdated & holdfast.network.v1.PeerUpdated.$Shape;
            }

            namespace PeerUpdated {

                /** Properties of a PeerUpdated. */
                interface $Properties {

                    /** PeerUpdated peerId */
                    peerId?: (string|null);

                    /** PeerUpdated settings */
                    settings?: (holdfast.network.v1.PeerSettings.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerUpdated. */
                type $Shape = holdfast.network.v1.PeerUpdated.$Properties;
            }

            /**
             * Properties of a PeerKeyRotated.
             * @deprecated Use holdfast.network.v1.PeerKeyRotated.$Properties instead.
             */
            interface IPeerKeyRotated extends holdfast.network.v1.PeerKeyRotated.$Properties {
            }

            /** Represents a PeerKeyRotated. */
            class PeerKeyRotated {

                /**
                 * Constructs a new PeerKeyRotated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerKeyRotated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerKeyRotated peerId. */
                peerId: string;

                /** PeerKeyRotated publicKey. */
                publicKey: Uint8Array;

                /** PeerKeyRotated privateKey. */
                privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /**
                 * Creates a new PeerKeyRotated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerKeyRotated instance
                 */
                static create(properties: holdfast.network.v1.PeerKeyRotated.$Shape): holdfast.network.v1.PeerKeyRotated & holdfast.network.v1.PeerKeyRotated.$Shape;
                static create(properties?: holdfast.network.v1.PeerKeyRotated.$Properties): holdfast.network.v1.PeerKeyRotated;

                /**
                 * Encodes the specified PeerKeyRotated message. Does not implicitly {@link holdfast.network.v1.PeerKeyRotated.verify|verify} messages.
                 * @param message PeerKeyRotated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerKeyRotated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerKeyRotated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerKeyRotated & holdfast.network.v1.PeerKeyRotated.$Shape} PeerKeyRotated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerKeyRotated & holdfast.network.v1.PeerKeyRotated.$Shape;
            }

            namespace PeerKeyRotated {

                /** Properties of a PeerKeyRotated. */
                interface $Properties {

                    /** PeerKeyRotated peerId */
                    peerId?: (string|null);

                    /** PeerKeyRotated publicKey */
                    publicKey?: (Uint8Array|null);

                    /** PeerKeyRotated privateKey */
                    privateKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerKeyRotated. */
                type $Shape = holdfast.network.v1.PeerKeyRotated.$Properties;
            }

            /**
             * Properties of a PeerPresharedKeyRotated.
             * @deprecated Use holdfast.network.v1.PeerPresharedKeyRotated.$Properties instead.
             */
            interface IPeerPresharedKeyRotated extends holdfast.network.v1.PeerPresharedKeyRotated.$Properties {
            }

            /** Represents a PeerPresharedKeyRotated. */
            class PeerPresharedKeyRotated {

                /**
                 * Constructs a new PeerPresharedKeyRotated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerPresharedKeyRotated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerPresharedKeyRotated peerId. */
                peerId: string;

                /** PeerPresharedKeyRotated presharedKey. */
                presharedKey?: (holdfast.log.v1.Sealed.$Properties|null);

                /** PeerPresharedKeyRotated presharedKeyForNode. */
                presharedKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                /**
                 * Creates a new PeerPresharedKeyRotated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerPresharedKeyRotated instance
                 */
                static create(properties: holdfast.network.v1.PeerPresharedKeyRotated.$Shape): holdfast.network.v1.PeerPresharedKeyRotated & holdfast.network.v1.PeerPresharedKeyRotated.$Shape;
                static create(properties?: holdfast.network.v1.PeerPresharedKeyRotated.$Properties): holdfast.network.v1.PeerPresharedKeyRotated;

                /**
                 * Encodes the specified PeerPresharedKeyRotated message. Does not implicitly {@link holdfast.network.v1.PeerPresharedKeyRotated.verify|verify} messages.
                 * @param message PeerPresharedKeyRotated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerPresharedKeyRotated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerPresharedKeyRotated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerPresharedKeyRotated & holdfast.network.v1.PeerPresharedKeyRotated.$Shape} PeerPresharedKeyRotated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerPresharedKeyRotated & holdfast.network.v1.PeerPresharedKeyRotated.$Shape;
            }

            namespace PeerPresharedKeyRotated {

                /** Properties of a PeerPresharedKeyRotated. */
                interface $Properties {

                    /** PeerPresharedKeyRotated peerId */
                    peerId?: (string|null);

                    /** PeerPresharedKeyRotated presharedKey */
                    presharedKey?: (holdfast.log.v1.Sealed.$Properties|null);

                    /** PeerPresharedKeyRotated presharedKeyForNode */
                    presharedKeyForNode?: (holdfast.log.v1.SealedToNode.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerPresharedKeyRotated. */
                type $Shape = holdfast.network.v1.PeerPresharedKeyRotated.$Properties;
            }

            /**
             * Properties of a PeerRemoved.
             * @deprecated Use holdfast.network.v1.PeerRemoved.$Properties instead.
             */
            interface IPeerRemoved extends holdfast.network.v1.PeerRemoved.$Properties {
            }

            /** Represents a PeerRemoved. */
            class PeerRemoved {

                /**
                 * Constructs a new PeerRemoved.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.PeerRemoved.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PeerRemoved peerId. */
                peerId: string;

                /** PeerRemoved addressesFreeAtUnixMs. */
                addressesFreeAtUnixMs: number;

                /**
                 * Creates a new PeerRemoved instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns PeerRemoved instance
                 */
                static create(properties: holdfast.network.v1.PeerRemoved.$Shape): holdfast.network.v1.PeerRemoved & holdfast.network.v1.PeerRemoved.$Shape;
                static create(properties?: holdfast.network.v1.PeerRemoved.$Properties): holdfast.network.v1.PeerRemoved;

                /**
                 * Encodes the specified PeerRemoved message. Does not implicitly {@link holdfast.network.v1.PeerRemoved.verify|verify} messages.
                 * @param message PeerRemoved message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.PeerRemoved.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PeerRemoved message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.PeerRemoved & holdfast.network.v1.PeerRemoved.$Shape} PeerRemoved
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.PeerRemoved & holdfast.network.v1.PeerRemoved.$Shape;
            }

            namespace PeerRemoved {

                /** Properties of a PeerRemoved. */
                interface $Properties {

                    /** PeerRemoved peerId */
                    peerId?: (string|null);

                    /** PeerRemoved addressesFreeAtUnixMs */
                    addressesFreeAtUnixMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PeerRemoved. */
                type $Shape = holdfast.network.v1.PeerRemoved.$Properties;
            }

            /** EnforcementState enum. */
            enum EnforcementState {

                /** ENFORCEMENT_STATE_UNSPECIFIED value */
                ENFORCEMENT_STATE_UNSPECIFIED = 0,

                /** ENFORCEMENT_STATE_PENDING value */
                ENFORCEMENT_STATE_PENDING = 1,

                /** ENFORCEMENT_STATE_ENFORCED value */
                ENFORCEMENT_STATE_ENFORCED = 2,

                /** ENFORCEMENT_STATE_FAILED value */
                ENFORCEMENT_STATE_FAILED = 3
            }

            /**
             * Properties of an Enforcement.
             * @deprecated Use holdfast.network.v1.Enforcement.$Properties instead.
             */
            interface IEnforcement extends holdfast.network.v1.Enforcement.$Properties {
            }

            /** Represents an Enforcement. */
            class Enforcement {

                /**
                 * Constructs a new Enforcement.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.Enforcement.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Enforcement state. */
                state: holdfast.network.v1.EnforcementState;

                /** Enforcement appliedSequence. */
                appliedSequence: number;

                /** Enforcement desiredSequence. */
                desiredSequence: number;

                /** Enforcement error. */
                error: string;

                /** Enforcement reportedAtUnixMs. */
                reportedAtUnixMs: number;

                /** Enforcement driver. */
                driver: string;

                /** Enforcement driftRepaired. */
                driftRepaired: number;

                /**
                 * Creates a new Enforcement instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Enforcement instance
                 */
                static create(properties: holdfast.network.v1.Enforcement.$Shape): holdfast.network.v1.Enforcement & holdfast.network.v1.Enforcement.$Shape;
                static create(properties?: holdfast.network.v1.Enforcement.$Properties): holdfast.network.v1.Enforcement;

                /**
                 * Encodes the specified Enforcement message. Does not implicitly {@link holdfast.network.v1.Enforcement.verify|verify} messages.
                 * @param message Enforcement message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.Enforcement.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Enforcement message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.Enforcement & holdfast.network.v1.Enforcement.$Shape} Enforcement
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.Enforcement & holdfast.network.v1.Enforcement.$Shape;
            }

            namespace Enforcement {

                /** Properties of an Enforcement. */
                interface $Properties {

                    /** Enforcement state */
                    state?: (holdfast.network.v1.EnforcementState|null);

                    /** Enforcement appliedSequence */
                    appliedSequence?: (number|null);

                    /** Enforcement desiredSequence */
                    desiredSequence?: (number|null);

                    /** Enforcement error */
                    error?: (string|null);

                    /** Enforcement reportedAtUnixMs */
                    reportedAtUnixMs?: (number|null);

                    /** Enforcement driver */
                    driver?: (string|null);

                    /** Enforcement driftRepaired */
                    driftRepaired?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Enforcement. */
                type $Shape = holdfast.network.v1.Enforcement.$Properties;
            }

            /**
             * Properties of an Interface.
             * @deprecated Use holdfast.network.v1.Interface.$Properties instead.
             */
            interface IInterface extends holdfast.network.v1.Interface.$Properties {
            }

            /** Represents an Interface. */
            class Interface {

                /**
                 * Constructs a new Interface.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.Interface.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Interface id. */
                id: string;

                /** Interface organizationId. */
                organizationId: string;

                /** Interface nodeId. */
                nodeId: string;

                /** Interface nodeName. */
                nodeName: string;

                /** Interface name. */
                name: string;

                /** Interface addresses. */
                addresses: string[];

                /** Interface listenPort. */
                listenPort: number;

                /** Interface mtu. */
                mtu: number;

                /** Interface dns. */
                dns: string[];

                /** Interface endpoint. */
                endpoint: string;

                /** Interface clientAllowedIps. */
                clientAllowedIps: string[];

                /** Interface isEnabled. */
                isEnabled: boolean;

                /** Interface publicKey. */
                publicKey: string;

                /** Interface peerCount. */
                peerCount: number;

                /** Interface createdAtUnixMs. */
                createdAtUnixMs: number;

                /** Interface updatedAtUnixMs. */
                updatedAtUnixMs: number;

                /** Interface revision. */
                revision: number;

                /** Interface enforcement. */
                enforcement?: (holdfast.network.v1.Enforcement.$Properties|null);

                /** Interface addressQuarantineSeconds. */
                addressQuarantineSeconds: number;

                /**
                 * Creates a new Interface instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Interface instance
                 */
                static create(properties: holdfast.network.v1.Interface.$Shape): holdfast.network.v1.Interface & holdfast.network.v1.Interface.$Shape;
                static create(properties?: holdfast.network.v1.Interface.$Properties): holdfast.network.v1.Interface;

                /**
                 * Encodes the specified Interface message. Does not implicitly {@link holdfast.network.v1.Interface.verify|verify} messages.
                 * @param message Interface message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.Interface.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Interface message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.Interface & holdfast.network.v1.Interface.$Shape} Interface
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.Interface & holdfast.network.v1.Interface.$Shape;
            }

            namespace Interface {

                /** Properties of an Interface. */
                interface $Properties {

                    /** Interface id */
                    id?: (string|null);

                    /** Interface organizationId */
                    organizationId?: (string|null);

                    /** Interface nodeId */
                    nodeId?: (string|null);

                    /** Interface nodeName */
                    nodeName?: (string|null);

                    /** Interface name */
                    name?: (string|null);

                    /** Interface addresses */
                    addresses?: (string[]|null);

                    /** Interface listenPort */
                    listenPort?: (number|null);

                    /** Interface mtu */
                    mtu?: (number|null);

                    /** Interface dns */
                    dns?: (string[]|null);

                    /** Interface endpoint */
                    endpoint?: (string|null);

                    /** Interface clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** Interface isEnabled */
                    isEnabled?: (boolean|null);

                    /** Interface publicKey */
                    publicKey?: (string|null);

                    /** Interface peerCount */
                    peerCount?: (number|null);

                    /** Interface createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** Interface updatedAtUnixMs */
                    updatedAtUnixMs?: (number|null);

                    /** Interface revision */
                    revision?: (number|null);

                    /** Interface enforcement */
                    enforcement?: (holdfast.network.v1.Enforcement.$Properties|null);

                    /** Interface addressQuarantineSeconds */
                    addressQuarantineSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Interface. */
                type $Shape = holdfast.network.v1.Interface.$Properties;
            }

            /**
             * Properties of a CreateInterfaceRequest.
             * @deprecated Use holdfast.network.v1.CreateInterfaceRequest.$Properties instead.
             */
            interface ICreateInterfaceRequest extends holdfast.network.v1.CreateInterfaceRequest.$Properties {
            }

            /** Represents a CreateInterfaceRequest. */
            class CreateInterfaceRequest {

                /**
                 * Constructs a new CreateInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.CreateInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateInterfaceRequest name. */
                name: string;

                /** CreateInterfaceRequest node. */
                node: string;

                /** CreateInterfaceRequest addresses. */
                addresses: string[];

                /** CreateInterfaceRequest listenPort. */
                listenPort: number;

                /** CreateInterfaceRequest mtu. */
                mtu: number;

                /** CreateInterfaceRequest dns. */
                dns: string[];

                /** CreateInterfaceRequest endpoint. */
                endpoint: string;

                /** CreateInterfaceRequest clientAllowedIps. */
                clientAllowedIps: string[];

                /** CreateInterfaceRequest privateKey. */
                privateKey: string;

                /** CreateInterfaceRequest addressQuarantineSeconds. */
                addressQuarantineSeconds?: (number|null);

                /**
                 * Creates a new CreateInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.CreateInterfaceRequest.$Shape): holdfast.network.v1.CreateInterfaceRequest & holdfast.network.v1.CreateInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.CreateInterfaceRequest.$Properties): holdfast.network.v1.CreateInterfaceRequest;

                /**
                 * Encodes the specified CreateInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.CreateInterfaceRequest.verify|verify} messages.
                 * @param message CreateInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.CreateInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.CreateInterfaceRequest & holdfast.network.v1.CreateInterfaceRequest.$Shape} CreateInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.CreateInterfaceRequest & holdfast.network.v1.CreateInterfaceRequest.$Shape;
            }

            namespace CreateInterfaceRequest {

                /** Properties of a CreateInterfaceRequest. */
                interface $Properties {

                    /** CreateInterfaceRequest name */
                    name?: (string|null);

                    /** CreateInterfaceRequest node */
                    node?: (string|null);

                    /** CreateInterfaceRequest addresses */
                    addresses?: (string[]|null);

                    /** CreateInterfaceRequest listenPort */
                    listenPort?: (number|null);

                    /** CreateInterfaceRequest mtu */
                    mtu?: (number|null);

                    /** CreateInterfaceRequest dns */
                    dns?: (string[]|null);

                    /** CreateInterfaceRequest endpoint */
                    endpoint?: (string|null);

                    /** CreateInterfaceRequest clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** CreateInterfaceRequest privateKey */
                    privateKey?: (string|null);

                    /** CreateInterfaceRequest addressQuarantineSeconds */
                    addressQuarantineSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateInterfaceRequest. */
                type $Shape = holdfast.network.v1.CreateInterfaceRequest.$Properties;
            }

            /**
             * Properties of a CreateInterfaceResponse.
             * @deprecated Use holdfast.network.v1.CreateInterfaceResponse.$Properties instead.
             */
            interface ICreateInterfaceResponse extends holdfast.network.v1.CreateInterfaceResponse.$Properties {
            }

            /** Represents a CreateInterfaceResponse. */
            class CreateInterfaceResponse {

                /**
                 * Constructs a new CreateInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.CreateInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreateInterfaceResponse interface. */
                interface?: (holdfast.network.v1.Interface.$Properties|null);

                /**
                 * Creates a new CreateInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreateInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.CreateInterfaceResponse.$Shape): holdfast.network.v1.CreateInterfaceResponse & holdfast.network.v1.CreateInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.CreateInterfaceResponse.$Properties): holdfast.network.v1.CreateInterfaceResponse;

                /**
                 * Encodes the specified CreateInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.CreateInterfaceResponse.verify|verify} messages.
                 * @param message CreateInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.CreateInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreateInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.CreateInterfaceResponse & holdfast.network.v1.CreateInterfaceResponse.$Shape} CreateInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.CreateInterfaceResponse & holdfast.network.v1.CreateInterfaceResponse.$Shape;
            }

            namespace CreateInterfaceResponse {

                /** Properties of a CreateInterfaceResponse. */
                interface $Properties {

                    /** CreateInterfaceResponse interface */
                    "interface"?: (holdfast.network.v1.Interface.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreateInterfaceResponse. */
                type $Shape = holdfast.network.v1.CreateInterfaceResponse.$Properties;
            }

            /**
             * Properties of a GetInterfaceRequest.
             * @deprecated Use holdfast.network.v1.GetInterfaceRequest.$Properties instead.
             */
            interface IGetInterfaceRequest extends holdfast.network.v1.GetInterfaceRequest.$Properties {
            }

            /** Represents a GetInterfaceRequest. */
            class GetInterfaceRequest {

                /**
                 * Constructs a new GetInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetInterfaceRequest interface. */
                interface: string;

                /** GetInterfaceRequest node. */
                node: string;

                /**
                 * Creates a new GetInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.GetInterfaceRequest.$Shape): holdfast.network.v1.GetInterfaceRequest & holdfast.network.v1.GetInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.GetInterfaceRequest.$Properties): holdfast.network.v1.GetInterfaceRequest;

                /**
                 * Encodes the specified GetInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.GetInterfaceRequest.verify|verify} messages.
                 * @param message GetInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetInterfaceRequest & holdfast.network.v1.GetInterfaceRequest.$Shape} GetInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetInterfaceRequest & holdfast.network.v1.GetInterfaceRequest.$Shape;
            }

            namespace GetInterfaceRequest {

                /** Properties of a GetInterfaceRequest. */
                interface $Properties {

                    /** GetInterfaceRequest interface */
                    "interface"?: (string|null);

                    /** GetInterfaceRequest node */
                    node?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetInterfaceRequest. */
                type $Shape = holdfast.network.v1.GetInterfaceRequest.$Properties;
            }

            /**
             * Properties of a GetInterfaceResponse.
             * @deprecated Use holdfast.network.v1.GetInterfaceResponse.$Properties instead.
             */
            interface IGetInterfaceResponse extends holdfast.network.v1.GetInterfaceResponse.$Properties {
            }

            /** Represents a GetInterfaceResponse. */
            class GetInterfaceResponse {

                /**
                 * Constructs a new GetInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetInterfaceResponse interface. */
                interface?: (holdfast.network.v1.Interface.$Properties|null);

                /**
                 * Creates a new GetInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.GetInterfaceResponse.$Shape): holdfast.network.v1.GetInterfaceResponse & holdfast.network.v1.GetInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.GetInterfaceResponse.$Properties): holdfast.network.v1.GetInterfaceResponse;

                /**
                 * Encodes the specified GetInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.GetInterfaceResponse.verify|verify} messages.
                 * @param message GetInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetInterfaceResponse & holdfast.network.v1.GetInterfaceResponse.$Shape} GetInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetInterfaceResponse & holdfast.network.v1.GetInterfaceResponse.$Shape;
            }

            namespace GetInterfaceResponse {

                /** Properties of a GetInterfaceResponse. */
                interface $Properties {

                    /** GetInterfaceResponse interface */
                    "interface"?: (holdfast.network.v1.Interface.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetInterfaceResponse. */
                type $Shape = holdfast.network.v1.GetInterfaceResponse.$Properties;
            }

            /**
             * Properties of a ListInterfacesRequest.
             * @deprecated Use holdfast.network.v1.ListInterfacesRequest.$Properties instead.
             */
            interface IListInterfacesRequest extends holdfast.network.v1.ListInterfacesRequest.$Properties {
            }

            /** Represents a ListInterfacesRequest. */
            class ListInterfacesRequest {

                /**
                 * Constructs a new ListInterfacesRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListInterfacesRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListInterfacesRequest limit. */
                limit: number;

                /** ListInterfacesRequest cursor. */
                cursor: string;

                /** ListInterfacesRequest organizationId. */
                organizationId: string;

                /** ListInterfacesRequest nodeId. */
                nodeId: string;

                /** ListInterfacesRequest query. */
                query: string;

                /**
                 * Creates a new ListInterfacesRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListInterfacesRequest instance
                 */
                static create(properties: holdfast.network.v1.ListInterfacesRequest.$Shape): holdfast.network.v1.ListInterfacesRequest & holdfast.network.v1.ListInterfacesRequest.$Shape;
                static create(properties?: holdfast.network.v1.ListInterfacesRequest.$Properties): holdfast.network.v1.ListInterfacesRequest;

                /**
                 * Encodes the specified ListInterfacesRequest message. Does not implicitly {@link holdfast.network.v1.ListInterfacesRequest.verify|verify} messages.
                 * @param message ListInterfacesRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListInterfacesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListInterfacesRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListInterfacesRequest & holdfast.network.v1.ListInterfacesRequest.$Shape} ListInterfacesRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListInterfacesRequest & holdfast.network.v1.ListInterfacesRequest.$Shape;
            }

            namespace ListInterfacesRequest {

                /** Properties of a ListInterfacesRequest. */
                interface $Properties {

                    /** ListInterfacesRequest limit */
                    limit?: (number|null);

                    /** ListInterfacesRequest cursor */
                    cursor?: (string|null);

                    /** ListInterfacesRequest organizationId */
                    organizationId?: (string|null);

                    /** ListInterfacesRequest nodeId */
                    nodeId?: (string|null);

                    /** ListInterfacesRequest query */
                    query?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListInterfacesRequest. */
                type $Shape = holdfast.network.v1.ListInterfacesRequest.$Properties;
            }

            /**
             * Properties of a ListInterfacesResponse.
             * @deprecated Use holdfast.network.v1.ListInterfacesResponse.$Properties instead.
             */
            interface IListInterfacesResponse extends holdfast.network.v1.ListInterfacesResponse.$Properties {
            }

            /** Represents a ListInterfacesResponse. */
            class ListInterfacesResponse {

                /**
                 * Constructs a new ListInterfacesResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListInterfacesResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListInterfacesResponse interfaces. */
                interfaces: holdfast.network.v1.Interface.$Properties[];

                /** ListInterfacesResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListInterfacesResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListInterfacesResponse instance
                 */
                static create(properties: holdfast.network.v1.ListInterfacesResponse.$Shape): holdfast.network.v1.ListInterfacesResponse & holdfast.network.v1.ListInterfacesResponse.$Shape;
                static create(properties?: holdfast.network.v1.ListInterfacesResponse.$Properties): holdfast.network.v1.ListInterfacesResponse;

                /**
                 * Encodes the specified ListInterfacesResponse message. Does not implicitly {@link holdfast.network.v1.ListInterfacesResponse.verify|verify} messages.
                 * @param message ListInterfacesResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListInterfacesResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListInterfacesResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListInterfacesResponse & holdfast.network.v1.ListInterfacesResponse.$Shape} ListInterfacesResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListInterfacesResponse & holdfast.network.v1.ListInterfacesResponse.$Shape;
            }

            namespace ListInterfacesResponse {

                /** Properties of a ListInterfacesResponse. */
                interface $Properties {

                    /** ListInterfacesResponse interfaces */
                    interfaces?: (holdfast.network.v1.Interface.$Properties[]|null);

                    /** ListInterfacesResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListInterfacesResponse. */
                type $Shape = holdfast.network.v1.ListInterfacesResponse.$Properties;
            }

            /**
             * Properties of a StringList.
             * @deprecated Use holdfast.network.v1.StringList.$Properties instead.
             */
            interface IStringList extends holdfast.network.v1.StringList.$Properties {
            }

            /** Represents a StringList. */
            class StringList {

                /**
                 * Constructs a new StringList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.StringList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** StringList values. */
                values: string[];

                /**
                 * Creates a new StringList instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns StringList instance
                 */
                static create(properties: holdfast.network.v1.StringList.$Shape): holdfast.network.v1.StringList & holdfast.network.v1.StringList.$Shape;
                static create(properties?: holdfast.network.v1.StringList.$Properties): holdfast.network.v1.StringList;

                /**
                 * Encodes the specified StringList message. Does not implicitly {@link holdfast.network.v1.StringList.verify|verify} messages.
                 * @param message StringList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.StringList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a StringList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.StringList & holdfast.network.v1.StringList.$Shape} StringList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.StringList & holdfast.network.v1.StringList.$Shape;
            }

            namespace StringList {

                /** Properties of a StringList. */
                interface $Properties {

                    /** StringList values */
                    values?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a StringList. */
                type $Shape = holdfast.network.v1.StringList.$Properties;
            }

            /**
             * Properties of an UpdateInterfaceRequest.
             * @deprecated Use holdfast.network.v1.UpdateInterfaceRequest.$Properties instead.
             */
            interface IUpdateInterfaceRequest extends holdfast.network.v1.UpdateInterfaceRequest.$Properties {
            }

            /** Represents an UpdateInterfaceRequest. */
            class UpdateInterfaceRequest {

                /**
                 * Constructs a new UpdateInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdateInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateInterfaceRequest id. */
                id: string;

                /** UpdateInterfaceRequest name. */
                name?: (string|null);

                /** UpdateInterfaceRequest addresses. */
                addresses?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdateInterfaceRequest listenPort. */
                listenPort?: (number|null);

                /** UpdateInterfaceRequest mtu. */
                mtu?: (number|null);

                /** UpdateInterfaceRequest dns. */
                dns?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdateInterfaceRequest endpoint. */
                endpoint?: (string|null);

                /** UpdateInterfaceRequest clientAllowedIps. */
                clientAllowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdateInterfaceRequest isEnabled. */
                isEnabled?: (boolean|null);

                /** UpdateInterfaceRequest addressQuarantineSeconds. */
                addressQuarantineSeconds?: (number|null);

                /**
                 * Creates a new UpdateInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.UpdateInterfaceRequest.$Shape): holdfast.network.v1.UpdateInterfaceRequest & holdfast.network.v1.UpdateInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.UpdateInterfaceRequest.$Properties): holdfast.network.v1.UpdateInterfaceRequest;

                /**
                 * Encodes the specified UpdateInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.UpdateInterfaceRequest.verify|verify} messages.
                 * @param message UpdateInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdateInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdateInterfaceRequest & holdfast.network.v1.UpdateInterfaceRequest.$Shape} UpdateInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdateInterfaceRequest & holdfast.network.v1.UpdateInterfaceRequest.$Shape;
            }

            namespace UpdateInterfaceRequest {

                /** Properties of an UpdateInterfaceRequest. */
                interface $Properties {

                    /** UpdateInterfaceRequest id */
                    id?: (string|null);

                    /** UpdateInterfaceRequest name */
                    name?: (string|null);

                    /** UpdateInterfaceRequest addresses */
                    addresses?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdateInterfaceRequest listenPort */
                    listenPort?: (number|null);

                    /** UpdateInterfaceRequest mtu */
                    mtu?: (number|null);

                    /** UpdateInterfaceRequest dns */
                    dns?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdateInterfaceRequest endpoint */
                    endpoint?: (string|null);

                    /** UpdateInterfaceRequest clientAllowedIps */
                    clientAllowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdateInterfaceRequest isEnabled */
                    isEnabled?: (boolean|null);

                    /** UpdateInterfaceRequest addressQuarantineSeconds */
                    addressQuarantineSeconds?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateInterfaceRequest. */
                type $Shape = holdfast.network.v1.UpdateInterfaceRequest.$Properties;
            }

            /**
             * Properties of an UpdateInterfaceResponse.
             * @deprecated Use holdfast.network.v1.UpdateInterfaceResponse.$Properties instead.
             */
            interface IUpdateInterfaceResponse extends holdfast.network.v1.UpdateInterfaceResponse.$Properties {
            }

            /** Represents an UpdateInterfaceResponse. */
            class UpdateInterfaceResponse {

                /**
                 * Constructs a new UpdateInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdateInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateInterfaceResponse interface. */
                interface?: (holdfast.network.v1.Interface.$Properties|null);

                /**
                 * Creates a new UpdateInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.UpdateInterfaceResponse.$Shape): holdfast.network.v1.UpdateInterfaceResponse & holdfast.network.v1.UpdateInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.UpdateInterfaceResponse.$Properties): holdfast.network.v1.UpdateInterfaceResponse;

                /**
                 * Encodes the specified UpdateInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.UpdateInterfaceResponse.verify|verify} messages.
                 * @param message UpdateInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdateInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdateInterfaceResponse & holdfast.network.v1.UpdateInterfaceResponse.$Shape} UpdateInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdateInterfaceResponse & holdfast.network.v1.UpdateInterfaceResponse.$Shape;
            }

            namespace UpdateInterfaceResponse {

                /** Properties of an UpdateInterfaceResponse. */
                interface $Properties {

                    /** UpdateInterfaceResponse interface */
                    "interface"?: (holdfast.network.v1.Interface.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateInterfaceResponse. */
                type $Shape = holdfast.network.v1.UpdateInterfaceResponse.$Properties;
            }

            /**
             * Properties of a DeleteInterfaceRequest.
             * @deprecated Use holdfast.network.v1.DeleteInterfaceRequest.$Properties instead.
             */
            interface IDeleteInterfaceRequest extends holdfast.network.v1.DeleteInterfaceRequest.$Properties {
            }

            /** Represents a DeleteInterfaceRequest. */
            class DeleteInterfaceRequest {

                /**
                 * Constructs a new DeleteInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeleteInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeleteInterfaceRequest id. */
                id: string;

                /**
                 * Creates a new DeleteInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.DeleteInterfaceRequest.$Shape): holdfast.network.v1.DeleteInterfaceRequest & holdfast.network.v1.DeleteInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.DeleteInterfaceRequest.$Properties): holdfast.network.v1.DeleteInterfaceRequest;

                /**
                 * Encodes the specified DeleteInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.DeleteInterfaceRequest.verify|verify} messages.
                 * @param message DeleteInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeleteInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeleteInterfaceRequest & holdfast.network.v1.DeleteInterfaceRequest.$Shape} DeleteInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeleteInterfaceRequest & holdfast.network.v1.DeleteInterfaceRequest.$Shape;
            }

            namespace DeleteInterfaceRequest {

                /** Properties of a DeleteInterfaceRequest. */
                interface $Properties {

                    /** DeleteInterfaceRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteInterfaceRequest. */
                type $Shape = holdfast.network.v1.DeleteInterfaceRequest.$Properties;
            }

            /**
             * Properties of a DeleteInterfaceResponse.
             * @deprecated Use holdfast.network.v1.DeleteInterfaceResponse.$Properties instead.
             */
            interface IDeleteInterfaceResponse extends holdfast.network.v1.DeleteInterfaceResponse.$Properties {
            }

            /** Represents a DeleteInterfaceResponse. */
            class DeleteInterfaceResponse {

                /**
                 * Constructs a new DeleteInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeleteInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new DeleteInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.DeleteInterfaceResponse.$Shape): holdfast.network.v1.DeleteInterfaceResponse & holdfast.network.v1.DeleteInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.DeleteInterfaceResponse.$Properties): holdfast.network.v1.DeleteInterfaceResponse;

                /**
                 * Encodes the specified DeleteInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.DeleteInterfaceResponse.verify|verify} messages.
                 * @param message DeleteInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeleteInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeleteInterfaceResponse & holdfast.network.v1.DeleteInterfaceResponse.$Shape} DeleteInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeleteInterfaceResponse & holdfast.network.v1.DeleteInterfaceResponse.$Shape;
            }

            namespace DeleteInterfaceResponse {

                /** Properties of a DeleteInterfaceResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteInterfaceResponse. */
                type $Shape = holdfast.network.v1.DeleteInterfaceResponse.$Properties;
            }

            /**
             * Properties of a RotateInterfaceKeyRequest.
             * @deprecated Use holdfast.network.v1.RotateInterfaceKeyRequest.$Properties instead.
             */
            interface IRotateInterfaceKeyRequest extends holdfast.network.v1.RotateInterfaceKeyRequest.$Properties {
            }

            /** Represents a RotateInterfaceKeyRequest. */
            class RotateInterfaceKeyRequest {

                /**
                 * Constructs a new RotateInterfaceKeyRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotateInterfaceKeyRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotateInterfaceKeyRequest id. */
                id: string;

                /** RotateInterfaceKeyRequest privateKey. */
                privateKey: string;

                /**
                 * Creates a new RotateInterfaceKeyRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotateInterfaceKeyRequest instance
                 */
                static create(properties: holdfast.network.v1.RotateInterfaceKeyRequest.$Shape): holdfast.network.v1.RotateInterfaceKeyRequest & holdfast.network.v1.RotateInterfaceKeyRequest.$Shape;
                static create(properties?: holdfast.network.v1.RotateInterfaceKeyRequest.$Properties): holdfast.network.v1.RotateInterfaceKeyRequest;

                /**
                 * Encodes the specified RotateInterfaceKeyRequest message. Does not implicitly {@link holdfast.network.v1.RotateInterfaceKeyRequest.verify|verify} messages.
                 * @param message RotateInterfaceKeyRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotateInterfaceKeyRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotateInterfaceKeyRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotateInterfaceKeyRequest & holdfast.network.v1.RotateInterfaceKeyRequest.$Shape} RotateInterfaceKeyRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotateInterfaceKeyRequest & holdfast.network.v1.RotateInterfaceKeyRequest.$Shape;
            }

            namespace RotateInterfaceKeyRequest {

                /** Properties of a RotateInterfaceKeyRequest. */
                interface $Properties {

                    /** RotateInterfaceKeyRequest id */
                    id?: (string|null);

                    /** RotateInterfaceKeyRequest privateKey */
                    privateKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotateInterfaceKeyRequest. */
                type $Shape = holdfast.network.v1.RotateInterfaceKeyRequest.$Properties;
            }

            /**
             * Properties of a RotateInterfaceKeyResponse.
             * @deprecated Use holdfast.network.v1.RotateInterfaceKeyResponse.$Properties instead.
             */
            interface IRotateInterfaceKeyResponse extends holdfast.network.v1.RotateInterfaceKeyResponse.$Properties {
            }

            /** Represents a RotateInterfaceKeyResponse. */
            class RotateInterfaceKeyResponse {

                /**
                 * Constructs a new RotateInterfaceKeyResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotateInterfaceKeyResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotateInterfaceKeyResponse interface. */
                interface?: (holdfast.network.v1.Interface.$Properties|null);

                /**
                 * Creates a new RotateInterfaceKeyResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotateInterfaceKeyResponse instance
                 */
                static create(properties: holdfast.network.v1.RotateInterfaceKeyResponse.$Shape): holdfast.network.v1.RotateInterfaceKeyResponse & holdfast.network.v1.RotateInterfaceKeyResponse.$Shape;
                static create(properties?: holdfast.network.v1.RotateInterfaceKeyResponse.$Properties): holdfast.network.v1.RotateInterfaceKeyResponse;

                /**
                 * Encodes the specified RotateInterfaceKeyResponse message. Does not implicitly {@link holdfast.network.v1.RotateInterfaceKeyResponse.verify|verify} messages.
                 * @param message RotateInterfaceKeyResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotateInterfaceKeyResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotateInterfaceKeyResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotateInterfaceKeyResponse & holdfast.network.v1.RotateInterfaceKeyResponse.$Shape} RotateInterfaceKeyResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotateInterfaceKeyResponse & holdfast.network.v1.RotateInterfaceKeyResponse.$Shape;
            }

            namespace RotateInterfaceKeyResponse {

                /** Properties of a RotateInterfaceKeyResponse. */
                interface $Properties {

                    /** RotateInterfaceKeyResponse interface */
                    "interface"?: (holdfast.network.v1.Interface.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotateInterfaceKeyResponse. */
                type $Shape = holdfast.network.v1.RotateInterfaceKeyResponse.$Properties;
            }

            /**
             * Properties of an ImportInterfaceRequest.
             * @deprecated Use holdfast.network.v1.ImportInterfaceRequest.$Properties instead.
             */
            interface IImportInterfaceRequest extends holdfast.network.v1.ImportInterfaceRequest.$Properties {
            }

            /** Represents an ImportInterfaceRequest. */
            class ImportInterfaceRequest {

                /**
                 * Constructs a new ImportInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ImportInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ImportInterfaceRequest config. */
                config: string;

                /** ImportInterfaceRequest name. */
                name: string;

                /** ImportInterfaceRequest node. */
                node: string;

                /** ImportInterfaceRequest dryRun. */
                dryRun: boolean;

                /**
                 * Creates a new ImportInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ImportInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.ImportInterfaceRequest.$Shape): holdfast.network.v1.ImportInterfaceRequest & holdfast.network.v1.ImportInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.ImportInterfaceRequest.$Properties): holdfast.network.v1.ImportInterfaceRequest;

                /**
                 * Encodes the specified ImportInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.ImportInterfaceRequest.verify|verify} messages.
                 * @param message ImportInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ImportInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ImportInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ImportInterfaceRequest & holdfast.network.v1.ImportInterfaceRequest.$Shape} ImportInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ImportInterfaceRequest & holdfast.network.v1.ImportInterfaceRequest.$Shape;
            }

            namespace ImportInterfaceRequest {

                /** Properties of an ImportInterfaceRequest. */
                interface $Properties {

                    /** ImportInterfaceRequest config */
                    config?: (string|null);

                    /** ImportInterfaceRequest name */
                    name?: (string|null);

                    /** ImportInterfaceRequest node */
                    node?: (string|null);

                    /** ImportInterfaceRequest dryRun */
                    dryRun?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ImportInterfaceRequest. */
                type $Shape = holdfast.network.v1.ImportInterfaceRequest.$Properties;
            }

            /**
             * Properties of an ImportInterfaceResponse.
             * @deprecated Use holdfast.network.v1.ImportInterfaceResponse.$Properties instead.
             */
            interface IImportInterfaceResponse extends holdfast.network.v1.ImportInterfaceResponse.$Properties {
            }

            /** Represents an ImportInterfaceResponse. */
            class ImportInterfaceResponse {

                /**
                 * Constructs a new ImportInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ImportInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ImportInterfaceResponse interface. */
                interface?: (holdfast.network.v1.Interface.$Properties|null);

                /** ImportInterfaceResponse peerCount. */
                peerCount: number;

                /** ImportInterfaceResponse peers. */
                peers: holdfast.network.v1.ImportedPeer.$Properties[];

                /** ImportInterfaceResponse notes. */
                notes: holdfast.network.v1.ImportNote.$Properties[];

                /** ImportInterfaceResponse name. */
                name: string;

                /**
                 * Creates a new ImportInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ImportInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.ImportInterfaceResponse.$Shape): holdfast.network.v1.ImportInterfaceResponse & holdfast.network.v1.ImportInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.ImportInterfaceResponse.$Properties): holdfast.network.v1.ImportInterfaceResponse;

                /**
                 * Encodes the specified ImportInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.ImportInterfaceResponse.verify|verify} messages.
                 * @param message ImportInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ImportInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ImportInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ImportInterfaceResponse & holdfast.network.v1.ImportInterfaceResponse.$Shape} ImportInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ImportInterfaceResponse & holdfast.network.v1.ImportInterfaceResponse.$Shape;
            }

            namespace ImportInterfaceResponse {

                /** Properties of an ImportInterfaceResponse. */
                interface $Properties {

                    /** ImportInterfaceResponse interface */
                    "interface"?: (holdfast.network.v1.Interface.$Properties|null);

                    /** ImportInterfaceResponse peerCount */
                    peerCount?: (number|null);

                    /** ImportInterfaceResponse peers */
                    peers?: (holdfast.network.v1.ImportedPeer.$Properties[]|null);

                    /** ImportInterfaceResponse notes */
                    notes?: (holdfast.network.v1.ImportNote.$Properties[]|null);

                    /** ImportInterfaceResponse name */
                    name?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ImportInterfaceResponse. */
                type $Shape = holdfast.network.v1.ImportInterfaceResponse.$Properties;
            }

            /**
             * Properties of an ImportedPeer.
             * @deprecated Use holdfast.network.v1.ImportedPeer.$Properties instead.
             */
            interface IImportedPeer extends holdfast.network.v1.ImportedPeer.$Properties {
            }

            /** Represents an ImportedPeer. */
            class ImportedPeer {

                /**
                 * Constructs a new ImportedPeer.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ImportedPeer.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ImportedPeer name. */
                name: string;

                /** ImportedPeer publicKey. */
                publicKey: string;

                /** ImportedPeer addresses. */
                addresses: string[];

                /** ImportedPeer allowedIps. */
                allowedIps: string[];

                /**
                 * Creates a new ImportedPeer instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ImportedPeer instance
                 */
                static create(properties: holdfast.network.v1.ImportedPeer.$Shape): holdfast.network.v1.ImportedPeer & holdfast.network.v1.ImportedPeer.$Shape;
                static create(properties?: holdfast.network.v1.ImportedPeer.$Properties): holdfast.network.v1.ImportedPeer;

                /**
                 * Encodes the specified ImportedPeer message. Does not implicitly {@link holdfast.network.v1.ImportedPeer.verify|verify} messages.
                 * @param message ImportedPeer message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ImportedPeer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ImportedPeer message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ImportedPeer & holdfast.network.v1.ImportedPeer.$Shape} ImportedPeer
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ImportedPeer & holdfast.network.v1.ImportedPeer.$Shape;
            }

            namespace ImportedPeer {

                /** Properties of an ImportedPeer. */
                interface $Properties {

                    /** ImportedPeer name */
                    name?: (string|null);

                    /** ImportedPeer publicKey */
                    publicKey?: (string|null);

                    /** ImportedPeer addresses */
                    addresses?: (string[]|null);

                    /** ImportedPeer allowedIps */
                    allowedIps?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ImportedPeer. */
                type $Shape = holdfast.network.v1.ImportedPeer.$Properties;
            }

            /**
             * Properties of an ImportNote.
             * @deprecated Use holdfast.network.v1.ImportNote.$Properties instead.
             */
            interface IImportNote extends holdfast.network.v1.ImportNote.$Properties {
            }

            /** Represents an ImportNote. */
            class ImportNote {

                /**
                 * Constructs a new ImportNote.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ImportNote.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ImportNote level. */
                level: string;

                /** ImportNote code. */
                code: string;

                /** ImportNote detail. */
                detail: string;

                /** ImportNote line. */
                line: number;

                /**
                 * Creates a new ImportNote instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ImportNote instance
                 */
                static create(properties: holdfast.network.v1.ImportNote.$Shape): holdfast.network.v1.ImportNote & holdfast.network.v1.ImportNote.$Shape;
                static create(properties?: holdfast.network.v1.ImportNote.$Properties): holdfast.network.v1.ImportNote;

                /**
                 * Encodes the specified ImportNote message. Does not implicitly {@link holdfast.network.v1.ImportNote.verify|verify} messages.
                 * @param message ImportNote message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ImportNote.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ImportNote message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ImportNote & holdfast.network.v1.ImportNote.$Shape} ImportNote
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ImportNote & holdfast.network.v1.ImportNote.$Shape;
            }

            namespace ImportNote {

                /** Properties of an ImportNote. */
                interface $Properties {

                    /** ImportNote level */
                    level?: (string|null);

                    /** ImportNote code */
                    code?: (string|null);

                    /** ImportNote detail */
                    detail?: (string|null);

                    /** ImportNote line */
                    line?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ImportNote. */
                type $Shape = holdfast.network.v1.ImportNote.$Properties;
            }

            /**
             * Properties of an ExportInterfaceRequest.
             * @deprecated Use holdfast.network.v1.ExportInterfaceRequest.$Properties instead.
             */
            interface IExportInterfaceRequest extends holdfast.network.v1.ExportInterfaceRequest.$Properties {
            }

            /** Represents an ExportInterfaceRequest. */
            class ExportInterfaceRequest {

                /**
                 * Constructs a new ExportInterfaceRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ExportInterfaceRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ExportInterfaceRequest id. */
                id: string;

                /**
                 * Creates a new ExportInterfaceRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ExportInterfaceRequest instance
                 */
                static create(properties: holdfast.network.v1.ExportInterfaceRequest.$Shape): holdfast.network.v1.ExportInterfaceRequest & holdfast.network.v1.ExportInterfaceRequest.$Shape;
                static create(properties?: holdfast.network.v1.ExportInterfaceRequest.$Properties): holdfast.network.v1.ExportInterfaceRequest;

                /**
                 * Encodes the specified ExportInterfaceRequest message. Does not implicitly {@link holdfast.network.v1.ExportInterfaceRequest.verify|verify} messages.
                 * @param message ExportInterfaceRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ExportInterfaceRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ExportInterfaceRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ExportInterfaceRequest & holdfast.network.v1.ExportInterfaceRequest.$Shape} ExportInterfaceRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ExportInterfaceRequest & holdfast.network.v1.ExportInterfaceRequest.$Shape;
            }

            namespace ExportInterfaceRequest {

                /** Properties of an ExportInterfaceRequest. */
                interface $Properties {

                    /** ExportInterfaceRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ExportInterfaceRequest. */
                type $Shape = holdfast.network.v1.ExportInterfaceRequest.$Properties;
            }

            /**
             * Properties of an ExportInterfaceResponse.
             * @deprecated Use holdfast.network.v1.ExportInterfaceResponse.$Properties instead.
             */
            interface IExportInterfaceResponse extends holdfast.network.v1.ExportInterfaceResponse.$Properties {
            }

            /** Represents an ExportInterfaceResponse. */
            class ExportInterfaceResponse {

                /**
                 * Constructs a new ExportInterfaceResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ExportInterfaceResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ExportInterfaceResponse name. */
                name: string;

                /** ExportInterfaceResponse config. */
                config: string;

                /**
                 * Creates a new ExportInterfaceResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ExportInterfaceResponse instance
                 */
                static create(properties: holdfast.network.v1.ExportInterfaceResponse.$Shape): holdfast.network.v1.ExportInterfaceResponse & holdfast.network.v1.ExportInterfaceResponse.$Shape;
                static create(properties?: holdfast.network.v1.ExportInterfaceResponse.$Properties): holdfast.network.v1.ExportInterfaceResponse;

                /**
                 * Encodes the specified ExportInterfaceResponse message. Does not implicitly {@link holdfast.network.v1.ExportInterfaceResponse.verify|verify} messages.
                 * @param message ExportInterfaceResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ExportInterfaceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an ExportInterfaceResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ExportInterfaceResponse & holdfast.network.v1.ExportInterfaceResponse.$Shape} ExportInterfaceResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ExportInterfaceResponse & holdfast.network.v1.ExportInterfaceResponse.$Shape;
            }

            namespace ExportInterfaceResponse {

                /** Properties of an ExportInterfaceResponse. */
                interface $Properties {

                    /** ExportInterfaceResponse name */
                    name?: (string|null);

                    /** ExportInterfaceResponse config */
                    config?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an ExportInterfaceResponse. */
                type $Shape = holdfast.network.v1.ExportInterfaceResponse.$Properties;
            }

            /**
             * Properties of a Node.
             * @deprecated Use holdfast.network.v1.Node.$Properties instead.
             */
            interface INode extends holdfast.network.v1.Node.$Properties {
            }

            /** Represents a Node. */
            class Node {

                /**
                 * Constructs a new Node.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.Node.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Node id. */
                id: string;

                /** Node organizationId. */
                organizationId: string;

                /** Node siteId. */
                siteId: string;

                /** Node name. */
                name: string;

                /** Node endpointHost. */
                endpointHost: string;

                /** Node hostname. */
                hostname: string;

                /** Node platform. */
                platform: string;

                /** Node createdAtUnixMs. */
                createdAtUnixMs: number;

                /** Node revision. */
                revision: number;

                /** Node lastSeenUnixMs. */
                lastSeenUnixMs: number;

                /** Node isOnline. */
                isOnline: boolean;

                /** Node agentVersion. */
                agentVersion: string;

                /** Node appliedSequence. */
                appliedSequence: number;

                /**
                 * Creates a new Node instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Node instance
                 */
                static create(properties: holdfast.network.v1.Node.$Shape): holdfast.network.v1.Node & holdfast.network.v1.Node.$Shape;
                static create(properties?: holdfast.network.v1.Node.$Properties): holdfast.network.v1.Node;

                /**
                 * Encodes the specified Node message. Does not implicitly {@link holdfast.network.v1.Node.verify|verify} messages.
                 * @param message Node message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.Node.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Node message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.Node & holdfast.network.v1.Node.$Shape} Node
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.Node & holdfast.network.v1.Node.$Shape;
            }

            namespace Node {

                /** Properties of a Node. */
                interface $Properties {

                    /** Node id */
                    id?: (string|null);

                    /** Node organizationId */
                    organizationId?: (string|null);

                    /** Node siteId */
                    siteId?: (string|null);

                    /** Node name */
                    name?: (string|null);

                    /** Node endpointHost */
                    endpointHost?: (string|null);

                    /** Node hostname */
                    hostname?: (string|null);

                    /** Node platform */
                    platform?: (string|null);

                    /** Node createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** Node revision */
                    revision?: (number|null);

                    /** Node lastSeenUnixMs */
                    lastSeenUnixMs?: (number|null);

                    /** Node isOnline */
                    isOnline?: (boolean|null);

                    /** Node agentVersion */
                    agentVersion?: (string|null);

                    /** Node appliedSequence */
                    appliedSequence?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Node. */
                type $Shape = holdfast.network.v1.Node.$Properties;
            }

            /**
             * Properties of an EnrollNodeRequest.
             * @deprecated Use holdfast.network.v1.EnrollNodeRequest.$Properties instead.
             */
            interface IEnrollNodeRequest extends holdfast.network.v1.EnrollNodeRequest.$Properties {
            }

            /** Represents an EnrollNodeRequest. */
            class EnrollNodeRequest {

                /**
                 * Constructs a new EnrollNodeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.EnrollNodeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** EnrollNodeRequest token. */
                token: string;

                /** EnrollNodeRequest enrolmentKey. */
                enrolmentKey: Uint8Array;

                /** EnrollNodeRequest natsPublicKey. */
                natsPublicKey: string;

                /** EnrollNodeRequest hostname. */
                hostname: string;

                /** EnrollNodeRequest platform. */
                platform: string;

                /**
                 * Creates a new EnrollNodeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns EnrollNodeRequest instance
                 */
                static create(properties: holdfast.network.v1.EnrollNodeRequest.$Shape): holdfast.network.v1.EnrollNodeRequest & holdfast.network.v1.EnrollNodeRequest.$Shape;
                static create(properties?: holdfast.network.v1.EnrollNodeRequest.$Properties): holdfast.network.v1.EnrollNodeRequest;

                /**
                 * Encodes the specified EnrollNodeRequest message. Does not implicitly {@link holdfast.network.v1.EnrollNodeRequest.verify|verify} messages.
                 * @param message EnrollNodeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.EnrollNodeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an EnrollNodeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.EnrollNodeRequest & holdfast.network.v1.EnrollNodeRequest.$Shape} EnrollNodeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.EnrollNodeRequest & holdfast.network.v1.EnrollNodeRequest.$Shape;
            }

            namespace EnrollNodeRequest {

                /** Properties of an EnrollNodeRequest. */
                interface $Properties {

                    /** EnrollNodeRequest token */
                    token?: (string|null);

                    /** EnrollNodeRequest enrolmentKey */
                    enrolmentKey?: (Uint8Array|null);

                    /** EnrollNodeRequest natsPublicKey */
                    natsPublicKey?: (string|null);

                    /** EnrollNodeRequest hostname */
                    hostname?: (string|null);

                    /** EnrollNodeRequest platform */
                    platform?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an EnrollNodeRequest. */
                type $Shape = holdfast.network.v1.EnrollNodeRequest.$Properties;
            }

            /**
             * Properties of an EnrollNodeResponse.
             * @deprecated Use holdfast.network.v1.EnrollNodeResponse.$Properties instead.
             */
            interface IEnrollNodeResponse extends holdfast.network.v1.EnrollNodeResponse.$Properties {
            }

            /** Represents an EnrollNodeResponse. */
            class EnrollNodeResponse {

                /**
                 * Constructs a new EnrollNodeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.EnrollNodeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** EnrollNodeResponse nodeId. */
                nodeId: string;

                /** EnrollNodeResponse organizationId. */
                organizationId: string;

                /** EnrollNodeResponse nodeName. */
                nodeName: string;

                /** EnrollNodeResponse natsUserJwt. */
                natsUserJwt: string;

                /** EnrollNodeResponse natsServers. */
                natsServers: string[];

                /** EnrollNodeResponse caCertificate. */
                caCertificate: string;

                /** EnrollNodeResponse lineageId. */
                lineageId: string;

                /** EnrollNodeResponse generation. */
                generation: number;

                /**
                 * Creates a new EnrollNodeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns EnrollNodeResponse instance
                 */
                static create(properties: holdfast.network.v1.EnrollNodeResponse.$Shape): holdfast.network.v1.EnrollNodeResponse & holdfast.network.v1.EnrollNodeResponse.$Shape;
                static create(properties?: holdfast.network.v1.EnrollNodeResponse.$Properties): holdfast.network.v1.EnrollNodeResponse;

                /**
                 * Encodes the specified EnrollNodeResponse message. Does not implicitly {@link holdfast.network.v1.EnrollNodeResponse.verify|verify} messages.
                 * @param message EnrollNodeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.EnrollNodeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an EnrollNodeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.EnrollNodeResponse & holdfast.network.v1.EnrollNodeResponse.$Shape} EnrollNodeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.EnrollNodeResponse & holdfast.network.v1.EnrollNodeResponse.$Shape;
            }

            namespace EnrollNodeResponse {

                /** Properties of an EnrollNodeResponse. */
                interface $Properties {

                    /** EnrollNodeResponse nodeId */
                    nodeId?: (string|null);

                    /** EnrollNodeResponse organizationId */
                    organizationId?: (string|null);

                    /** EnrollNodeResponse nodeName */
                    nodeName?: (string|null);

                    /** EnrollNodeResponse natsUserJwt */
                    natsUserJwt?: (string|null);

                    /** EnrollNodeResponse natsServers */
                    natsServers?: (string[]|null);

                    /** EnrollNodeResponse caCertificate */
                    caCertificate?: (string|null);

                    /** EnrollNodeResponse lineageId */
                    lineageId?: (string|null);

                    /** EnrollNodeResponse generation */
                    generation?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an EnrollNodeResponse. */
                type $Shape = holdfast.network.v1.EnrollNodeResponse.$Properties;
            }

            /**
             * Properties of a GetNodeRequest.
             * @deprecated Use holdfast.network.v1.GetNodeRequest.$Properties instead.
             */
            interface IGetNodeRequest extends holdfast.network.v1.GetNodeRequest.$Properties {
            }

            /** Represents a GetNodeRequest. */
            class GetNodeRequest {

                /**
                 * Constructs a new GetNodeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetNodeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetNodeRequest node. */
                node: string;

                /**
                 * Creates a new GetNodeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetNodeRequest instance
                 */
                static create(properties: holdfast.network.v1.GetNodeRequest.$Shape): holdfast.network.v1.GetNodeRequest & holdfast.network.v1.GetNodeRequest.$Shape;
                static create(properties?: holdfast.network.v1.GetNodeRequest.$Properties): holdfast.network.v1.GetNodeRequest;

                /**
                 * Encodes the specified GetNodeRequest message. Does not implicitly {@link holdfast.network.v1.GetNodeRequest.verify|verify} messages.
                 * @param message GetNodeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetNodeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetNodeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetNodeRequest & holdfast.network.v1.GetNodeRequest.$Shape} GetNodeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetNodeRequest & holdfast.network.v1.GetNodeRequest.$Shape;
            }

            namespace GetNodeRequest {

                /** Properties of a GetNodeRequest. */
                interface $Properties {

                    /** GetNodeRequest node */
                    node?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetNodeRequest. */
                type $Shape = holdfast.network.v1.GetNodeRequest.$Properties;
            }

            /**
             * Properties of a GetNodeResponse.
             * @deprecated Use holdfast.network.v1.GetNodeResponse.$Properties instead.
             */
            interface IGetNodeResponse extends holdfast.network.v1.GetNodeResponse.$Properties {
            }

            /** Represents a GetNodeResponse. */
            class GetNodeResponse {

                /**
                 * Constructs a new GetNodeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetNodeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetNodeResponse node. */
                node?: (holdfast.network.v1.Node.$Properties|null);

                /**
                 * Creates a new GetNodeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetNodeResponse instance
                 */
                static create(properties: holdfast.network.v1.GetNodeResponse.$Shape): holdfast.network.v1.GetNodeResponse & holdfast.network.v1.GetNodeResponse.$Shape;
                static create(properties?: holdfast.network.v1.GetNodeResponse.$Properties): holdfast.network.v1.GetNodeResponse;

                /**
                 * Encodes the specified GetNodeResponse message. Does not implicitly {@link holdfast.network.v1.GetNodeResponse.verify|verify} messages.
                 * @param message GetNodeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetNodeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetNodeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetNodeResponse & holdfast.network.v1.GetNodeResponse.$Shape} GetNodeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetNodeResponse & holdfast.network.v1.GetNodeResponse.$Shape;
            }

            namespace GetNodeResponse {

                /** Properties of a GetNodeResponse. */
                interface $Properties {

                    /** GetNodeResponse node */
                    node?: (holdfast.network.v1.Node.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetNodeResponse. */
                type $Shape = holdfast.network.v1.GetNodeResponse.$Properties;
            }

            /**
             * Properties of a ListNodesRequest.
             * @deprecated Use holdfast.network.v1.ListNodesRequest.$Properties instead.
             */
            interface IListNodesRequest extends holdfast.network.v1.ListNodesRequest.$Properties {
            }

            /** Represents a ListNodesRequest. */
            class ListNodesRequest {

                /**
                 * Constructs a new ListNodesRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListNodesRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListNodesRequest limit. */
                limit: number;

                /** ListNodesRequest cursor. */
                cursor: string;

                /** ListNodesRequest organizationId. */
                organizationId: string;

                /** ListNodesRequest query. */
                query: string;

                /**
                 * Creates a new ListNodesRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListNodesRequest instance
                 */
                static create(properties: holdfast.network.v1.ListNodesRequest.$Shape): holdfast.network.v1.ListNodesRequest & holdfast.network.v1.ListNodesRequest.$Shape;
                static create(properties?: holdfast.network.v1.ListNodesRequest.$Properties): holdfast.network.v1.ListNodesRequest;

                /**
                 * Encodes the specified ListNodesRequest message. Does not implicitly {@link holdfast.network.v1.ListNodesRequest.verify|verify} messages.
                 * @param message ListNodesRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListNodesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListNodesRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListNodesRequest & holdfast.network.v1.ListNodesRequest.$Shape} ListNodesRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListNodesRequest & holdfast.network.v1.ListNodesRequest.$Shape;
            }

            namespace ListNodesRequest {

                /** Properties of a ListNodesRequest. */
                interface $Properties {

                    /** ListNodesRequest limit */
                    limit?: (number|null);

                    /** ListNodesRequest cursor */
                    cursor?: (string|null);

                    /** ListNodesRequest organizationId */
                    organizationId?: (string|null);

                    /** ListNodesRequest query */
                    query?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListNodesRequest. */
                type $Shape = holdfast.network.v1.ListNodesRequest.$Properties;
            }

            /**
             * Properties of a ListNodesResponse.
             * @deprecated Use holdfast.network.v1.ListNodesResponse.$Properties instead.
             */
            interface IListNodesResponse extends holdfast.network.v1.ListNodesResponse.$Properties {
            }

            /** Represents a ListNodesResponse. */
            class ListNodesResponse {

                /**
                 * Constructs a new ListNodesResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListNodesResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListNodesResponse nodes. */
                nodes: holdfast.network.v1.Node.$Properties[];

                /** ListNodesResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListNodesResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListNodesResponse instance
                 */
                static create(properties: holdfast.network.v1.ListNodesResponse.$Shape): holdfast.network.v1.ListNodesResponse & holdfast.network.v1.ListNodesResponse.$Shape;
                static create(properties?: holdfast.network.v1.ListNodesResponse.$Properties): holdfast.network.v1.ListNodesResponse;

                /**
                 * Encodes the specified ListNodesResponse message. Does not implicitly {@link holdfast.network.v1.ListNodesResponse.verify|verify} messages.
                 * @param message ListNodesResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListNodesResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListNodesResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListNodesResponse & holdfast.network.v1.ListNodesResponse.$Shape} ListNodesResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListNodesResponse & holdfast.network.v1.ListNodesResponse.$Shape;
            }

            namespace ListNodesResponse {

                /** Properties of a ListNodesResponse. */
                interface $Properties {

                    /** ListNodesResponse nodes */
                    nodes?: (holdfast.network.v1.Node.$Properties[]|null);

                    /** ListNodesResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListNodesResponse. */
                type $Shape = holdfast.network.v1.ListNodesResponse.$Properties;
            }

            /**
             * Properties of an UpdateNodeRequest.
             * @deprecated Use holdfast.network.v1.UpdateNodeRequest.$Properties instead.
             */
            interface IUpdateNodeRequest extends holdfast.network.v1.UpdateNodeRequest.$Properties {
            }

            /** Represents an UpdateNodeRequest. */
            class UpdateNodeRequest {

                /**
                 * Constructs a new UpdateNodeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdateNodeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateNodeRequest id. */
                id: string;

                /** UpdateNodeRequest name. */
                name?: (string|null);

                /** UpdateNodeRequest siteId. */
                siteId?: (string|null);

                /** UpdateNodeRequest endpointHost. */
                endpointHost?: (string|null);

                /**
                 * Creates a new UpdateNodeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateNodeRequest instance
                 */
                static create(properties: holdfast.network.v1.UpdateNodeRequest.$Shape): holdfast.network.v1.UpdateNodeRequest & holdfast.network.v1.UpdateNodeRequest.$Shape;
                static create(properties?: holdfast.network.v1.UpdateNodeRequest.$Properties): holdfast.network.v1.UpdateNodeRequest;

                /**
                 * Encodes the specified UpdateNodeRequest message. Does not implicitly {@link holdfast.network.v1.UpdateNodeRequest.verify|verify} messages.
                 * @param message UpdateNodeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdateNodeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateNodeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdateNodeRequest & holdfast.network.v1.UpdateNodeRequest.$Shape} UpdateNodeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdateNodeRequest & holdfast.network.v1.UpdateNodeRequest.$Shape;
            }

            namespace UpdateNodeRequest {

                /** Properties of an UpdateNodeRequest. */
                interface $Properties {

                    /** UpdateNodeRequest id */
                    id?: (string|null);

                    /** UpdateNodeRequest name */
                    name?: (string|null);

                    /** UpdateNodeRequest siteId */
                    siteId?: (string|null);

                    /** UpdateNodeRequest endpointHost */
                    endpointHost?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateNodeRequest. */
                type $Shape = holdfast.network.v1.UpdateNodeRequest.$Properties;
            }

            /**
             * Properties of an UpdateNodeResponse.
             * @deprecated Use holdfast.network.v1.UpdateNodeResponse.$Properties instead.
             */
            interface IUpdateNodeResponse extends holdfast.network.v1.UpdateNodeResponse.$Properties {
            }

            /** Represents an UpdateNodeResponse. */
            class UpdateNodeResponse {

                /**
                 * Constructs a new UpdateNodeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdateNodeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdateNodeResponse node. */
                node?: (holdfast.network.v1.Node.$Properties|null);

                /**
                 * Creates a new UpdateNodeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdateNodeResponse instance
                 */
                static create(properties: holdfast.network.v1.UpdateNodeResponse.$Shape): holdfast.network.v1.UpdateNodeResponse & holdfast.network.v1.UpdateNodeResponse.$Shape;
                static create(properties?: holdfast.network.v1.UpdateNodeResponse.$Properties): holdfast.network.v1.UpdateNodeResponse;

                /**
                 * Encodes the specified UpdateNodeResponse message. Does not implicitly {@link holdfast.network.v1.UpdateNodeResponse.verify|verify} messages.
                 * @param message UpdateNodeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdateNodeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdateNodeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdateNodeResponse & holdfast.network.v1.UpdateNodeResponse.$Shape} UpdateNodeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdateNodeResponse & holdfast.network.v1.UpdateNodeResponse.$Shape;
            }

            namespace UpdateNodeResponse {

                /** Properties of an UpdateNodeResponse. */
                interface $Properties {

                    /** UpdateNodeResponse node */
                    node?: (holdfast.network.v1.Node.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdateNodeResponse. */
                type $Shape = holdfast.network.v1.UpdateNodeResponse.$Properties;
            }

            /**
             * Properties of a DeleteNodeRequest.
             * @deprecated Use holdfast.network.v1.DeleteNodeRequest.$Properties instead.
             */
            interface IDeleteNodeRequest extends holdfast.network.v1.DeleteNodeRequest.$Properties {
            }

            /** Represents a DeleteNodeRequest. */
            class DeleteNodeRequest {

                /**
                 * Constructs a new DeleteNodeRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeleteNodeRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeleteNodeRequest id. */
                id: string;

                /**
                 * Creates a new DeleteNodeRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteNodeRequest instance
                 */
                static create(properties: holdfast.network.v1.DeleteNodeRequest.$Shape): holdfast.network.v1.DeleteNodeRequest & holdfast.network.v1.DeleteNodeRequest.$Shape;
                static create(properties?: holdfast.network.v1.DeleteNodeRequest.$Properties): holdfast.network.v1.DeleteNodeRequest;

                /**
                 * Encodes the specified DeleteNodeRequest message. Does not implicitly {@link holdfast.network.v1.DeleteNodeRequest.verify|verify} messages.
                 * @param message DeleteNodeRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeleteNodeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteNodeRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeleteNodeRequest & holdfast.network.v1.DeleteNodeRequest.$Shape} DeleteNodeRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeleteNodeRequest & holdfast.network.v1.DeleteNodeRequest.$Shape;
            }

            namespace DeleteNodeRequest {

                /** Properties of a DeleteNodeRequest. */
                interface $Properties {

                    /** DeleteNodeRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteNodeRequest. */
                type $Shape = holdfast.network.v1.DeleteNodeRequest.$Properties;
            }

            /**
             * Properties of a DeleteNodeResponse.
             * @deprecated Use holdfast.network.v1.DeleteNodeResponse.$Properties instead.
             */
            interface IDeleteNodeResponse extends holdfast.network.v1.DeleteNodeResponse.$Properties {
            }

            /** Represents a DeleteNodeResponse. */
            class DeleteNodeResponse {

                /**
                 * Constructs a new DeleteNodeResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeleteNodeResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new DeleteNodeResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeleteNodeResponse instance
                 */
                static create(properties: holdfast.network.v1.DeleteNodeResponse.$Shape): holdfast.network.v1.DeleteNodeResponse & holdfast.network.v1.DeleteNodeResponse.$Shape;
                static create(properties?: holdfast.network.v1.DeleteNodeResponse.$Properties): holdfast.network.v1.DeleteNodeResponse;

                /**
                 * Encodes the specified DeleteNodeResponse message. Does not implicitly {@link holdfast.network.v1.DeleteNodeResponse.verify|verify} messages.
                 * @param message DeleteNodeResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeleteNodeResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeleteNodeResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeleteNodeResponse & holdfast.network.v1.DeleteNodeResponse.$Shape} DeleteNodeResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeleteNodeResponse & holdfast.network.v1.DeleteNodeResponse.$Shape;
            }

            namespace DeleteNodeResponse {

                /** Properties of a DeleteNodeResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeleteNodeResponse. */
                type $Shape = holdfast.network.v1.DeleteNodeResponse.$Properties;
            }

            /** PeerStatus enum. */
            enum PeerStatus {

                /** PEER_STATUS_UNSPECIFIED value */
                PEER_STATUS_UNSPECIFIED = 0,

                /** PEER_STATUS_NEW value */
                PEER_STATUS_NEW = 1,

                /** PEER_STATUS_CONNECTED value */
                PEER_STATUS_CONNECTED = 2,

                /** PEER_STATUS_DISCONNECTED value */
                PEER_STATUS_DISCONNECTED = 3,

                /** PEER_STATUS_DISABLED value */
                PEER_STATUS_DISABLED = 4,

                /** PEER_STATUS_EXPIRED value */
                PEER_STATUS_EXPIRED = 5
            }

            /**
             * Properties of a Peer.
             * @deprecated Use holdfast.network.v1.Peer.$Properties instead.
             */
            interface IPeer extends holdfast.network.v1.Peer.$Properties {
            }

            /** Represents a Peer. */
            class Peer {

                /**
                 * Constructs a new Peer.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.Peer.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Peer id. */
                id: string;

                /** Peer organizationId. */
                organizationId: string;

                /** Peer nodeId. */
                nodeId: string;

                /** Peer interfaceId. */
                interfaceId: string;

                /** Peer interfaceName. */
                interfaceName: string;

                /** Peer name. */
                name: string;

                /** Peer publicKey. */
                publicKey: string;

                /** Peer addresses. */
                addresses: string[];

                /** Peer allowedIps. */
                allowedIps: string[];

                /** Peer clientAllowedIps. */
                clientAllowedIps: string[];

                /** Peer endpoint. */
                endpoint: string;

                /** Peer keepaliveSeconds. */
                keepaliveSeconds: number;

                /** Peer dns. */
                dns: string[];

                /** Peer isEnabled. */
                isEnabled: boolean;

                /** Peer expiresAtUnixMs. */
                expiresAtUnixMs: number;

                /** Peer hasPresharedKey. */
                hasPresharedKey: boolean;

                /** Peer hasPrivateKey. */
                hasPrivateKey: boolean;

                /** Peer description. */
                description: string;

                /** Peer createdAtUnixMs. */
                createdAtUnixMs: number;

                /** Peer updatedAtUnixMs. */
                updatedAtUnixMs: number;

                /** Peer revision. */
                revision: number;

                /** Peer status. */
                status: holdfast.network.v1.PeerStatus;

                /** Peer latestHandshakeUnixMs. */
                latestHandshakeUnixMs: number;

                /** Peer rxBytes. */
                rxBytes: number;

                /** Peer txBytes. */
                txBytes: number;

                /** Peer observedEndpoint. */
                observedEndpoint: string;

                /** Peer enforcement. */
                enforcement: holdfast.network.v1.EnforcementState;

                /**
                 * Creates a new Peer instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Peer instance
                 */
                static create(properties: holdfast.network.v1.Peer.$Shape): holdfast.network.v1.Peer & holdfast.network.v1.Peer.$Shape;
                static create(properties?: holdfast.network.v1.Peer.$Properties): holdfast.network.v1.Peer;

                /**
                 * Encodes the specified Peer message. Does not implicitly {@link holdfast.network.v1.Peer.verify|verify} messages.
                 * @param message Peer message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.Peer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Peer message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.Peer & holdfast.network.v1.Peer.$Shape} Peer
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.Peer & holdfast.network.v1.Peer.$Shape;
            }

            namespace Peer {

                /** Properties of a Peer. */
                interface $Properties {

                    /** Peer id */
                    id?: (string|null);

                    /** Peer organizationId */
                    organizationId?: (string|null);

                    /** Peer nodeId */
                    nodeId?: (string|null);

                    /** Peer interfaceId */
                    interfaceId?: (string|null);

                    /** Peer interfaceName */
                    interfaceName?: (string|null);

                    /** Peer name */
                    name?: (string|null);

                    /** Peer publicKey */
                    publicKey?: (string|null);

                    /** Peer addresses */
                    addresses?: (string[]|null);

                    /** Peer allowedIps */
                    allowedIps?: (string[]|null);

                    /** Peer clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** Peer endpoint */
                    endpoint?: (string|null);

                    /** Peer keepaliveSeconds */
                    keepaliveSeconds?: (number|null);

                    /** Peer dns */
                    dns?: (string[]|null);

                    /** Peer isEnabled */
                    isEnabled?: (boolean|null);

                    /** Peer expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** Peer hasPresharedKey */
                    hasPresharedKey?: (boolean|null);

                    /** Peer hasPrivateKey */
                    hasPrivateKey?: (boolean|null);

                    /** Peer description */
                    description?: (string|null);

                    /** Peer createdAtUnixMs */
                    createdAtUnixMs?: (number|null);

                    /** Peer updatedAtUnixMs */
                    updatedAtUnixMs?: (number|null);

                    /** Peer revision */
                    revision?: (number|null);

                    /** Peer status */
                    status?: (holdfast.network.v1.PeerStatus|null);

                    /** Peer latestHandshakeUnixMs */
                    latestHandshakeUnixMs?: (number|null);

                    /** Peer rxBytes */
                    rxBytes?: (number|null);

                    /** Peer txBytes */
                    txBytes?: (number|null);

                    /** Peer observedEndpoint */
                    observedEndpoint?: (string|null);

                    /** Peer enforcement */
                    enforcement?: (holdfast.network.v1.EnforcementState|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Peer. */
                type $Shape = holdfast.network.v1.Peer.$Properties;
            }

            /**
             * Properties of a CreatePeerRequest.
             * @deprecated Use holdfast.network.v1.CreatePeerRequest.$Properties instead.
             */
            interface ICreatePeerRequest extends holdfast.network.v1.CreatePeerRequest.$Properties {
            }

            /** Represents a CreatePeerRequest. */
            class CreatePeerRequest {

                /**
                 * Constructs a new CreatePeerRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.CreatePeerRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreatePeerRequest interfaceId. */
                interfaceId: string;

                /** CreatePeerRequest name. */
                name: string;

                /** CreatePeerRequest addresses. */
                addresses: string[];

                /** CreatePeerRequest publicKey. */
                publicKey: string;

                /** CreatePeerRequest allowedIps. */
                allowedIps: string[];

                /** CreatePeerRequest clientAllowedIps. */
                clientAllowedIps: string[];

                /** CreatePeerRequest endpoint. */
                endpoint: string;

                /** CreatePeerRequest keepaliveSeconds. */
                keepaliveSeconds?: (number|null);

                /** CreatePeerRequest presharedKey. */
                presharedKey?: (string|null);

                /** CreatePeerRequest expiresAtUnixMs. */
                expiresAtUnixMs: number;

                /** CreatePeerRequest dns. */
                dns: string[];

                /** CreatePeerRequest description. */
                description: string;

                /** CreatePeerRequest isEnabled. */
                isEnabled?: (boolean|null);

                /**
                 * Creates a new CreatePeerRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreatePeerRequest instance
                 */
                static create(properties: holdfast.network.v1.CreatePeerRequest.$Shape): holdfast.network.v1.CreatePeerRequest & holdfast.network.v1.CreatePeerRequest.$Shape;
                static create(properties?: holdfast.network.v1.CreatePeerRequest.$Properties): holdfast.network.v1.CreatePeerRequest;

                /**
                 * Encodes the specified CreatePeerRequest message. Does not implicitly {@link holdfast.network.v1.CreatePeerRequest.verify|verify} messages.
                 * @param message CreatePeerRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.CreatePeerRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreatePeerRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.CreatePeerRequest & holdfast.network.v1.CreatePeerRequest.$Shape} CreatePeerRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.CreatePeerRequest & holdfast.network.v1.CreatePeerRequest.$Shape;
            }

            namespace CreatePeerRequest {

                /** Properties of a CreatePeerRequest. */
                interface $Properties {

                    /** CreatePeerRequest interfaceId */
                    interfaceId?: (string|null);

                    /** CreatePeerRequest name */
                    name?: (string|null);

                    /** CreatePeerRequest addresses */
                    addresses?: (string[]|null);

                    /** CreatePeerRequest publicKey */
                    publicKey?: (string|null);

                    /** CreatePeerRequest allowedIps */
                    allowedIps?: (string[]|null);

                    /** CreatePeerRequest clientAllowedIps */
                    clientAllowedIps?: (string[]|null);

                    /** CreatePeerRequest endpoint */
                    endpoint?: (string|null);

                    /** CreatePeerRequest keepaliveSeconds */
                    keepaliveSeconds?: (number|null);

                    /** CreatePeerRequest presharedKey */
                    presharedKey?: (string|null);

                    /** CreatePeerRequest expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** CreatePeerRequest dns */
                    dns?: (string[]|null);

                    /** CreatePeerRequest description */
                    description?: (string|null);

                    /** CreatePeerRequest isEnabled */
                    isEnabled?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreatePeerRequest. */
                type $Shape = holdfast.network.v1.CreatePeerRequest.$Properties;
            }

            /**
             * Properties of a CreatePeerResponse.
             * @deprecated Use holdfast.network.v1.CreatePeerResponse.$Properties instead.
             */
            interface ICreatePeerResponse extends holdfast.network.v1.CreatePeerResponse.$Properties {
            }

            /** Represents a CreatePeerResponse. */
            class CreatePeerResponse {

                /**
                 * Constructs a new CreatePeerResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.CreatePeerResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CreatePeerResponse peer. */
                peer?: (holdfast.network.v1.Peer.$Properties|null);

                /**
                 * Creates a new CreatePeerResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns CreatePeerResponse instance
                 */
                static create(properties: holdfast.network.v1.CreatePeerResponse.$Shape): holdfast.network.v1.CreatePeerResponse & holdfast.network.v1.CreatePeerResponse.$Shape;
                static create(properties?: holdfast.network.v1.CreatePeerResponse.$Properties): holdfast.network.v1.CreatePeerResponse;

                /**
                 * Encodes the specified CreatePeerResponse message. Does not implicitly {@link holdfast.network.v1.CreatePeerResponse.verify|verify} messages.
                 * @param message CreatePeerResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.CreatePeerResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CreatePeerResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.CreatePeerResponse & holdfast.network.v1.CreatePeerResponse.$Shape} CreatePeerResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.CreatePeerResponse & holdfast.network.v1.CreatePeerResponse.$Shape;
            }

            namespace CreatePeerResponse {

                /** Properties of a CreatePeerResponse. */
                interface $Properties {

                    /** CreatePeerResponse peer */
                    peer?: (holdfast.network.v1.Peer.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CreatePeerResponse. */
                type $Shape = holdfast.network.v1.CreatePeerResponse.$Properties;
            }

            /**
             * Properties of a GetPeerRequest.
             * @deprecated Use holdfast.network.v1.GetPeerRequest.$Properties instead.
             */
            interface IGetPeerRequest extends holdfast.network.v1.GetPeerRequest.$Properties {
            }

            /** Represents a GetPeerRequest. */
            class GetPeerRequest {

                /**
                 * Constructs a new GetPeerRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetPeerRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetPeerRequest peer. */
                peer: string;

                /** GetPeerRequest interface. */
                interface: string;

                /**
                 * Creates a new GetPeerRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetPeerRequest instance
                 */
                static create(properties: holdfast.network.v1.GetPeerRequest.$Shape): holdfast.network.v1.GetPeerRequest & holdfast.network.v1.GetPeerRequest.$Shape;
                static create(properties?: holdfast.network.v1.GetPeerRequest.$Properties): holdfast.network.v1.GetPeerRequest;

                /**
                 * Encodes the specified GetPeerRequest message. Does not implicitly {@link holdfast.network.v1.GetPeerRequest.verify|verify} messages.
                 * @param message GetPeerRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetPeerRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetPeerRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetPeerRequest & holdfast.network.v1.GetPeerRequest.$Shape} GetPeerRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetPeerRequest & holdfast.network.v1.GetPeerRequest.$Shape;
            }

            namespace GetPeerRequest {

                /** Properties of a GetPeerRequest. */
                interface $Properties {

                    /** GetPeerRequest peer */
                    peer?: (string|null);

                    /** GetPeerRequest interface */
                    "interface"?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetPeerRequest. */
                type $Shape = holdfast.network.v1.GetPeerRequest.$Properties;
            }

            /**
             * Properties of a GetPeerResponse.
             * @deprecated Use holdfast.network.v1.GetPeerResponse.$Properties instead.
             */
            interface IGetPeerResponse extends holdfast.network.v1.GetPeerResponse.$Properties {
            }

            /** Represents a GetPeerResponse. */
            class GetPeerResponse {

                /**
                 * Constructs a new GetPeerResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetPeerResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetPeerResponse peer. */
                peer?: (holdfast.network.v1.Peer.$Properties|null);

                /**
                 * Creates a new GetPeerResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetPeerResponse instance
                 */
                static create(properties: holdfast.network.v1.GetPeerResponse.$Shape): holdfast.network.v1.GetPeerResponse & holdfast.network.v1.GetPeerResponse.$Shape;
                static create(properties?: holdfast.network.v1.GetPeerResponse.$Properties): holdfast.network.v1.GetPeerResponse;

                /**
                 * Encodes the specified GetPeerResponse message. Does not implicitly {@link holdfast.network.v1.GetPeerResponse.verify|verify} messages.
                 * @param message GetPeerResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetPeerResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetPeerResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetPeerResponse & holdfast.network.v1.GetPeerResponse.$Shape} GetPeerResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetPeerResponse & holdfast.network.v1.GetPeerResponse.$Shape;
            }

            namespace GetPeerResponse {

                /** Properties of a GetPeerResponse. */
                interface $Properties {

                    /** GetPeerResponse peer */
                    peer?: (holdfast.network.v1.Peer.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetPeerResponse. */
                type $Shape = holdfast.network.v1.GetPeerResponse.$Properties;
            }

            /**
             * Properties of a ListPeersRequest.
             * @deprecated Use holdfast.network.v1.ListPeersRequest.$Properties instead.
             */
            interface IListPeersRequest extends holdfast.network.v1.ListPeersRequest.$Properties {
            }

            /** Represents a ListPeersRequest. */
            class ListPeersRequest {

                /**
                 * Constructs a new ListPeersRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListPeersRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListPeersRequest limit. */
                limit: number;

                /** ListPeersRequest cursor. */
                cursor: string;

                /** ListPeersRequest organizationId. */
                organizationId: string;

                /** ListPeersRequest interfaceId. */
                interfaceId: string;

                /** ListPeersRequest query. */
                query: string;

                /** ListPeersRequest status. */
                status: holdfast.network.v1.PeerStatus;

                /**
                 * Creates a new ListPeersRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListPeersRequest instance
                 */
                static create(properties: holdfast.network.v1.ListPeersRequest.$Shape): holdfast.network.v1.ListPeersRequest & holdfast.network.v1.ListPeersRequest.$Shape;
                static create(properties?: holdfast.network.v1.ListPeersRequest.$Properties): holdfast.network.v1.ListPeersRequest;

                /**
                 * Encodes the specified ListPeersRequest message. Does not implicitly {@link holdfast.network.v1.ListPeersRequest.verify|verify} messages.
                 * @param message ListPeersRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListPeersRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListPeersRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListPeersRequest & holdfast.network.v1.ListPeersRequest.$Shape} ListPeersRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListPeersRequest & holdfast.network.v1.ListPeersRequest.$Shape;
            }

            namespace ListPeersRequest {

                /** Properties of a ListPeersRequest. */
                interface $Properties {

                    /** ListPeersRequest limit */
                    limit?: (number|null);

                    /** ListPeersRequest cursor */
                    cursor?: (string|null);

                    /** ListPeersRequest organizationId */
                    organizationId?: (string|null);

                    /** ListPeersRequest interfaceId */
                    interfaceId?: (string|null);

                    /** ListPeersRequest query */
                    query?: (string|null);

                    /** ListPeersRequest status */
                    status?: (holdfast.network.v1.PeerStatus|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListPeersRequest. */
                type $Shape = holdfast.network.v1.ListPeersRequest.$Properties;
            }

            /**
             * Properties of a ListPeersResponse.
             * @deprecated Use holdfast.network.v1.ListPeersResponse.$Properties instead.
             */
            interface IListPeersResponse extends holdfast.network.v1.ListPeersResponse.$Properties {
            }

            /** Represents a ListPeersResponse. */
            class ListPeersResponse {

                /**
                 * Constructs a new ListPeersResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.ListPeersResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ListPeersResponse peers. */
                peers: holdfast.network.v1.Peer.$Properties[];

                /** ListPeersResponse nextCursor. */
                nextCursor: string;

                /**
                 * Creates a new ListPeersResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns ListPeersResponse instance
                 */
                static create(properties: holdfast.network.v1.ListPeersResponse.$Shape): holdfast.network.v1.ListPeersResponse & holdfast.network.v1.ListPeersResponse.$Shape;
                static create(properties?: holdfast.network.v1.ListPeersResponse.$Properties): holdfast.network.v1.ListPeersResponse;

                /**
                 * Encodes the specified ListPeersResponse message. Does not implicitly {@link holdfast.network.v1.ListPeersResponse.verify|verify} messages.
                 * @param message ListPeersResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.ListPeersResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ListPeersResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.ListPeersResponse & holdfast.network.v1.ListPeersResponse.$Shape} ListPeersResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.ListPeersResponse & holdfast.network.v1.ListPeersResponse.$Shape;
            }

            namespace ListPeersResponse {

                /** Properties of a ListPeersResponse. */
                interface $Properties {

                    /** ListPeersResponse peers */
                    peers?: (holdfast.network.v1.Peer.$Properties[]|null);

                    /** ListPeersResponse nextCursor */
                    nextCursor?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ListPeersResponse. */
                type $Shape = holdfast.network.v1.ListPeersResponse.$Properties;
            }

            /**
             * Properties of an UpdatePeerRequest.
             * @deprecated Use holdfast.network.v1.UpdatePeerRequest.$Properties instead.
             */
            interface IUpdatePeerRequest extends holdfast.network.v1.UpdatePeerRequest.$Properties {
            }

            /** Represents an UpdatePeerRequest. */
            class UpdatePeerRequest {

                /**
                 * Constructs a new UpdatePeerRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdatePeerRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdatePeerRequest id. */
                id: string;

                /** UpdatePeerRequest name. */
                name?: (string|null);

                /** UpdatePeerRequest addresses. */
                addresses?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdatePeerRequest allowedIps. */
                allowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdatePeerRequest clientAllowedIps. */
                clientAllowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdatePeerRequest endpoint. */
                endpoint?: (string|null);

                /** UpdatePeerRequest keepaliveSeconds. */
                keepaliveSeconds?: (number|null);

                /** UpdatePeerRequest dns. */
                dns?: (holdfast.network.v1.StringList.$Properties|null);

                /** UpdatePeerRequest isEnabled. */
                isEnabled?: (boolean|null);

                /** UpdatePeerRequest expiresAtUnixMs. */
                expiresAtUnixMs?: (number|null);

                /** UpdatePeerRequest description. */
                description?: (string|null);

                /**
                 * Creates a new UpdatePeerRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdatePeerRequest instance
                 */
                static create(properties: holdfast.network.v1.UpdatePeerRequest.$Shape): holdfast.network.v1.UpdatePeerRequest & holdfast.network.v1.UpdatePeerRequest.$Shape;
                static create(properties?: holdfast.network.v1.UpdatePeerRequest.$Properties): holdfast.network.v1.UpdatePeerRequest;

                /**
                 * Encodes the specified UpdatePeerRequest message. Does not implicitly {@link holdfast.network.v1.UpdatePeerRequest.verify|verify} messages.
                 * @param message UpdatePeerRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdatePeerRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdatePeerRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdatePeerRequest & holdfast.network.v1.UpdatePeerRequest.$Shape} UpdatePeerRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdatePeerRequest & holdfast.network.v1.UpdatePeerRequest.$Shape;
            }

            namespace UpdatePeerRequest {

                /** Properties of an UpdatePeerRequest. */
                interface $Properties {

                    /** UpdatePeerRequest id */
                    id?: (string|null);

                    /** UpdatePeerRequest name */
                    name?: (string|null);

                    /** UpdatePeerRequest addresses */
                    addresses?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdatePeerRequest allowedIps */
                    allowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdatePeerRequest clientAllowedIps */
                    clientAllowedIps?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdatePeerRequest endpoint */
                    endpoint?: (string|null);

                    /** UpdatePeerRequest keepaliveSeconds */
                    keepaliveSeconds?: (number|null);

                    /** UpdatePeerRequest dns */
                    dns?: (holdfast.network.v1.StringList.$Properties|null);

                    /** UpdatePeerRequest isEnabled */
                    isEnabled?: (boolean|null);

                    /** UpdatePeerRequest expiresAtUnixMs */
                    expiresAtUnixMs?: (number|null);

                    /** UpdatePeerRequest description */
                    description?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdatePeerRequest. */
                type $Shape = holdfast.network.v1.UpdatePeerRequest.$Properties;
            }

            /**
             * Properties of an UpdatePeerResponse.
             * @deprecated Use holdfast.network.v1.UpdatePeerResponse.$Properties instead.
             */
            interface IUpdatePeerResponse extends holdfast.network.v1.UpdatePeerResponse.$Properties {
            }

            /** Represents an UpdatePeerResponse. */
            class UpdatePeerResponse {

                /**
                 * Constructs a new UpdatePeerResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.UpdatePeerResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UpdatePeerResponse peer. */
                peer?: (holdfast.network.v1.Peer.$Properties|null);

                /**
                 * Creates a new UpdatePeerResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns UpdatePeerResponse instance
                 */
                static create(properties: holdfast.network.v1.UpdatePeerResponse.$Shape): holdfast.network.v1.UpdatePeerResponse & holdfast.network.v1.UpdatePeerResponse.$Shape;
                static create(properties?: holdfast.network.v1.UpdatePeerResponse.$Properties): holdfast.network.v1.UpdatePeerResponse;

                /**
                 * Encodes the specified UpdatePeerResponse message. Does not implicitly {@link holdfast.network.v1.UpdatePeerResponse.verify|verify} messages.
                 * @param message UpdatePeerResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.UpdatePeerResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an UpdatePeerResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.UpdatePeerResponse & holdfast.network.v1.UpdatePeerResponse.$Shape} UpdatePeerResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.UpdatePeerResponse & holdfast.network.v1.UpdatePeerResponse.$Shape;
            }

            namespace UpdatePeerResponse {

                /** Properties of an UpdatePeerResponse. */
                interface $Properties {

                    /** UpdatePeerResponse peer */
                    peer?: (holdfast.network.v1.Peer.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an UpdatePeerResponse. */
                type $Shape = holdfast.network.v1.UpdatePeerResponse.$Properties;
            }

            /**
             * Properties of a DeletePeerRequest.
             * @deprecated Use holdfast.network.v1.DeletePeerRequest.$Properties instead.
             */
            interface IDeletePeerRequest extends holdfast.network.v1.DeletePeerRequest.$Properties {
            }

            /** Represents a DeletePeerRequest. */
            class DeletePeerRequest {

                /**
                 * Constructs a new DeletePeerRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeletePeerRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeletePeerRequest id. */
                id: string;

                /**
                 * Creates a new DeletePeerRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeletePeerRequest instance
                 */
                static create(properties: holdfast.network.v1.DeletePeerRequest.$Shape): holdfast.network.v1.DeletePeerRequest & holdfast.network.v1.DeletePeerRequest.$Shape;
                static create(properties?: holdfast.network.v1.DeletePeerRequest.$Properties): holdfast.network.v1.DeletePeerRequest;

                /**
                 * Encodes the specified DeletePeerRequest message. Does not implicitly {@link holdfast.network.v1.DeletePeerRequest.verify|verify} messages.
                 * @param message DeletePeerRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeletePeerRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeletePeerRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeletePeerRequest & holdfast.network.v1.DeletePeerRequest.$Shape} DeletePeerRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeletePeerRequest & holdfast.network.v1.DeletePeerRequest.$Shape;
            }

            namespace DeletePeerRequest {

                /** Properties of a DeletePeerRequest. */
                interface $Properties {

                    /** DeletePeerRequest id */
                    id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeletePeerRequest. */
                type $Shape = holdfast.network.v1.DeletePeerRequest.$Properties;
            }

            /**
             * Properties of a DeletePeerResponse.
             * @deprecated Use holdfast.network.v1.DeletePeerResponse.$Properties instead.
             */
            interface IDeletePeerResponse extends holdfast.network.v1.DeletePeerResponse.$Properties {
            }

            /** Represents a DeletePeerResponse. */
            class DeletePeerResponse {

                /**
                 * Constructs a new DeletePeerResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.DeletePeerResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new DeletePeerResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns DeletePeerResponse instance
                 */
                static create(properties: holdfast.network.v1.DeletePeerResponse.$Shape): holdfast.network.v1.DeletePeerResponse & holdfast.network.v1.DeletePeerResponse.$Shape;
                static create(properties?: holdfast.network.v1.DeletePeerResponse.$Properties): holdfast.network.v1.DeletePeerResponse;

                /**
                 * Encodes the specified DeletePeerResponse message. Does not implicitly {@link holdfast.network.v1.DeletePeerResponse.verify|verify} messages.
                 * @param message DeletePeerResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.DeletePeerResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeletePeerResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.DeletePeerResponse & holdfast.network.v1.DeletePeerResponse.$Shape} DeletePeerResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.DeletePeerResponse & holdfast.network.v1.DeletePeerResponse.$Shape;
            }

            namespace DeletePeerResponse {

                /** Properties of a DeletePeerResponse. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeletePeerResponse. */
                type $Shape = holdfast.network.v1.DeletePeerResponse.$Properties;
            }

            /**
             * Properties of a GetPeerConfigRequest.
             * @deprecated Use holdfast.network.v1.GetPeerConfigRequest.$Properties instead.
             */
            interface IGetPeerConfigRequest extends holdfast.network.v1.GetPeerConfigRequest.$Properties {
            }

            /** Represents a GetPeerConfigRequest. */
            class GetPeerConfigRequest {

                /**
                 * Constructs a new GetPeerConfigRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetPeerConfigRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetPeerConfigRequest peer. */
                peer: string;

                /** GetPeerConfigRequest interface. */
                interface: string;

                /**
                 * Creates a new GetPeerConfigRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetPeerConfigRequest instance
                 */
                static create(properties: holdfast.network.v1.GetPeerConfigRequest.$Shape): holdfast.network.v1.GetPeerConfigRequest & holdfast.network.v1.GetPeerConfigRequest.$Shape;
                static create(properties?: holdfast.network.v1.GetPeerConfigRequest.$Properties): holdfast.network.v1.GetPeerConfigRequest;

                /**
                 * Encodes the specified GetPeerConfigRequest message. Does not implicitly {@link holdfast.network.v1.GetPeerConfigRequest.verify|verify} messages.
                 * @param message GetPeerConfigRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetPeerConfigRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetPeerConfigRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetPeerConfigRequest & holdfast.network.v1.GetPeerConfigRequest.$Shape} GetPeerConfigRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetPeerConfigRequest & holdfast.network.v1.GetPeerConfigRequest.$Shape;
            }

            namespace GetPeerConfigRequest {

                /** Properties of a GetPeerConfigRequest. */
                interface $Properties {

                    /** GetPeerConfigRequest peer */
                    peer?: (string|null);

                    /** GetPeerConfigRequest interface */
                    "interface"?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetPeerConfigRequest. */
                type $Shape = holdfast.network.v1.GetPeerConfigRequest.$Properties;
            }

            /**
             * Properties of a GetPeerConfigResponse.
             * @deprecated Use holdfast.network.v1.GetPeerConfigResponse.$Properties instead.
             */
            interface IGetPeerConfigResponse extends holdfast.network.v1.GetPeerConfigResponse.$Properties {
            }

            /** Represents a GetPeerConfigResponse. */
            class GetPeerConfigResponse {

                /**
                 * Constructs a new GetPeerConfigResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.GetPeerConfigResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** GetPeerConfigResponse peerId. */
                peerId: string;

                /** GetPeerConfigResponse peerName. */
                peerName: string;

                /** GetPeerConfigResponse interfaceName. */
                interfaceName: string;

                /** GetPeerConfigResponse config. */
                config: string;

                /**
                 * Creates a new GetPeerConfigResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns GetPeerConfigResponse instance
                 */
                static create(properties: holdfast.network.v1.GetPeerConfigResponse.$Shape): holdfast.network.v1.GetPeerConfigResponse & holdfast.network.v1.GetPeerConfigResponse.$Shape;
                static create(properties?: holdfast.network.v1.GetPeerConfigResponse.$Properties): holdfast.network.v1.GetPeerConfigResponse;

                /**
                 * Encodes the specified GetPeerConfigResponse message. Does not implicitly {@link holdfast.network.v1.GetPeerConfigResponse.verify|verify} messages.
                 * @param message GetPeerConfigResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.GetPeerConfigResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a GetPeerConfigResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.GetPeerConfigResponse & holdfast.network.v1.GetPeerConfigResponse.$Shape} GetPeerConfigResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.GetPeerConfigResponse & holdfast.network.v1.GetPeerConfigResponse.$Shape;
            }

            namespace GetPeerConfigResponse {

                /** Properties of a GetPeerConfigResponse. */
                interface $Properties {

                    /** GetPeerConfigResponse peerId */
                    peerId?: (string|null);

                    /** GetPeerConfigResponse peerName */
                    peerName?: (string|null);

                    /** GetPeerConfigResponse interfaceName */
                    interfaceName?: (string|null);

                    /** GetPeerConfigResponse config */
                    config?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a GetPeerConfigResponse. */
                type $Shape = holdfast.network.v1.GetPeerConfigResponse.$Properties;
            }

            /**
             * Properties of a RotatePeerKeyRequest.
             * @deprecated Use holdfast.network.v1.RotatePeerKeyRequest.$Properties instead.
             */
            interface IRotatePeerKeyRequest extends holdfast.network.v1.RotatePeerKeyRequest.$Properties {
            }

            /** Represents a RotatePeerKeyRequest. */
            class RotatePeerKeyRequest {

                /**
                 * Constructs a new RotatePeerKeyRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotatePeerKeyRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotatePeerKeyRequest id. */
                id: string;

                /** RotatePeerKeyRequest publicKey. */
                publicKey: string;

                /**
                 * Creates a new RotatePeerKeyRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotatePeerKeyRequest instance
                 */
                static create(properties: holdfast.network.v1.RotatePeerKeyRequest.$Shape): holdfast.network.v1.RotatePeerKeyRequest & holdfast.network.v1.RotatePeerKeyRequest.$Shape;
                static create(properties?: holdfast.network.v1.RotatePeerKeyRequest.$Properties): holdfast.network.v1.RotatePeerKeyRequest;

                /**
                 * Encodes the specified RotatePeerKeyRequest message. Does not implicitly {@link holdfast.network.v1.RotatePeerKeyRequest.verify|verify} messages.
                 * @param message RotatePeerKeyRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotatePeerKeyRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotatePeerKeyRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotatePeerKeyRequest & holdfast.network.v1.RotatePeerKeyRequest.$Shape} RotatePeerKeyRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotatePeerKeyRequest & holdfast.network.v1.RotatePeerKeyRequest.$Shape;
            }

            namespace RotatePeerKeyRequest {

                /** Properties of a RotatePeerKeyRequest. */
                interface $Properties {

                    /** RotatePeerKeyRequest id */
                    id?: (string|null);

                    /** RotatePeerKeyRequest publicKey */
                    publicKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotatePeerKeyRequest. */
                type $Shape = holdfast.network.v1.RotatePeerKeyRequest.$Properties;
            }

            /**
             * Properties of a RotatePeerKeyResponse.
             * @deprecated Use holdfast.network.v1.RotatePeerKeyResponse.$Properties instead.
             */
            interface IRotatePeerKeyResponse extends holdfast.network.v1.RotatePeerKeyResponse.$Properties {
            }

            /** Represents a RotatePeerKeyResponse. */
            class RotatePeerKeyResponse {

                /**
                 * Constructs a new RotatePeerKeyResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotatePeerKeyResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotatePeerKeyResponse peer. */
                peer?: (holdfast.network.v1.Peer.$Properties|null);

                /**
                 * Creates a new RotatePeerKeyResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotatePeerKeyResponse instance
                 */
                static create(properties: holdfast.network.v1.RotatePeerKeyResponse.$Shape): holdfast.network.v1.RotatePeerKeyResponse & holdfast.network.v1.RotatePeerKeyResponse.$Shape;
                static create(properties?: holdfast.network.v1.RotatePeerKeyResponse.$Properties): holdfast.network.v1.RotatePeerKeyResponse;

                /**
                 * Encodes the specified RotatePeerKeyResponse message. Does not implicitly {@link holdfast.network.v1.RotatePeerKeyResponse.verify|verify} messages.
                 * @param message RotatePeerKeyResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotatePeerKeyResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotatePeerKeyResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotatePeerKeyResponse & holdfast.network.v1.RotatePeerKeyResponse.$Shape} RotatePeerKeyResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotatePeerKeyResponse & holdfast.network.v1.RotatePeerKeyResponse.$Shape;
            }

            namespace RotatePeerKeyResponse {

                /** Properties of a RotatePeerKeyResponse. */
                interface $Properties {

                    /** RotatePeerKeyResponse peer */
                    peer?: (holdfast.network.v1.Peer.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotatePeerKeyResponse. */
                type $Shape = holdfast.network.v1.RotatePeerKeyResponse.$Properties;
            }

            /**
             * Properties of a RotatePeerPresharedKeyRequest.
             * @deprecated Use holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties instead.
             */
            interface IRotatePeerPresharedKeyRequest extends holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties {
            }

            /** Represents a RotatePeerPresharedKeyRequest. */
            class RotatePeerPresharedKeyRequest {

                /**
                 * Constructs a new RotatePeerPresharedKeyRequest.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotatePeerPresharedKeyRequest id. */
                id: string;

                /** RotatePeerPresharedKeyRequest presharedKey. */
                presharedKey?: (string|null);

                /**
                 * Creates a new RotatePeerPresharedKeyRequest instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotatePeerPresharedKeyRequest instance
                 */
                static create(properties: holdfast.network.v1.RotatePeerPresharedKeyRequest.$Shape): holdfast.network.v1.RotatePeerPresharedKeyRequest & holdfast.network.v1.RotatePeerPresharedKeyRequest.$Shape;
                static create(properties?: holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties): holdfast.network.v1.RotatePeerPresharedKeyRequest;

                /**
                 * Encodes the specified RotatePeerPresharedKeyRequest message. Does not implicitly {@link holdfast.network.v1.RotatePeerPresharedKeyRequest.verify|verify} messages.
                 * @param message RotatePeerPresharedKeyRequest message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotatePeerPresharedKeyRequest message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotatePeerPresharedKeyRequest & holdfast.network.v1.RotatePeerPresharedKeyRequest.$Shape} RotatePeerPresharedKeyRequest
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotatePeerPresharedKeyRequest & holdfast.network.v1.RotatePeerPresharedKeyRequest.$Shape;
            }

            namespace RotatePeerPresharedKeyRequest {

                /** Properties of a RotatePeerPresharedKeyRequest. */
                interface $Properties {

                    /** RotatePeerPresharedKeyRequest id */
                    id?: (string|null);

                    /** RotatePeerPresharedKeyRequest presharedKey */
                    presharedKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotatePeerPresharedKeyRequest. */
                type $Shape = holdfast.network.v1.RotatePeerPresharedKeyRequest.$Properties;
            }

            /**
             * Properties of a RotatePeerPresharedKeyResponse.
             * @deprecated Use holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties instead.
             */
            interface IRotatePeerPresharedKeyResponse extends holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties {
            }

            /** Represents a RotatePeerPresharedKeyResponse. */
            class RotatePeerPresharedKeyResponse {

                /**
                 * Constructs a new RotatePeerPresharedKeyResponse.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RotatePeerPresharedKeyResponse peer. */
                peer?: (holdfast.network.v1.Peer.$Properties|null);

                /**
                 * Creates a new RotatePeerPresharedKeyResponse instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns RotatePeerPresharedKeyResponse instance
                 */
                static create(properties: holdfast.network.v1.RotatePeerPresharedKeyResponse.$Shape): holdfast.network.v1.RotatePeerPresharedKeyResponse & holdfast.network.v1.RotatePeerPresharedKeyResponse.$Shape;
                static create(properties?: holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties): holdfast.network.v1.RotatePeerPresharedKeyResponse;

                /**
                 * Encodes the specified RotatePeerPresharedKeyResponse message. Does not implicitly {@link holdfast.network.v1.RotatePeerPresharedKeyResponse.verify|verify} messages.
                 * @param message RotatePeerPresharedKeyResponse message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RotatePeerPresharedKeyResponse message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.network.v1.RotatePeerPresharedKeyResponse & holdfast.network.v1.RotatePeerPresharedKeyResponse.$Shape} RotatePeerPresharedKeyResponse
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.network.v1.RotatePeerPresharedKeyResponse & holdfast.network.v1.RotatePeerPresharedKeyResponse.$Shape;
            }

            namespace RotatePeerPresharedKeyResponse {

                /** Properties of a RotatePeerPresharedKeyResponse. */
                interface $Properties {

                    /** RotatePeerPresharedKeyResponse peer */
                    peer?: (holdfast.network.v1.Peer.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RotatePeerPresharedKeyResponse. */
                type $Shape = holdfast.network.v1.RotatePeerPresharedKeyResponse.$Properties;
            }
        }
    }
}
