<?php
/**
 * What the administrator set.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * The settings: one option, read by all other parts.
 */
final class Dojo_Interactions_Settings {

	const OPTION = 'dojo_interactions';

	/** A key of Dojo: a secret or a publishable one. */
	const KEY = '/\Adojo_(sk|pk)_[A-Za-z0-9_-]{20,200}\z/';

	/**
	 * The address of Dojo, without a slash or /v1 at its end; empty where none is set.
	 */
	public static function address(): string {
		return self::text( 'address' );
	}

	/**
	 * The key that pages show to everybody.
	 */
	public static function publishable_key(): string {
		return self::text( 'publishable_key' );
	}

	/**
	 * The key for orders, which never leaves the server. One in wp-config.php comes first.
	 */
	public static function secret_key(): string {
		if ( self::has_secret_in_config() ) {
			return (string) constant( 'DOJO_INTERACTIONS_SECRET_KEY' );
		}
		return self::text( 'secret_key' );
	}

	/**
	 * Whether wp-config.php has the secret key.
	 */
	public static function has_secret_in_config(): bool {
		return defined( 'DOJO_INTERACTIONS_SECRET_KEY' );
	}

	/**
	 * Whether visitors count as having agreed on a site without the WP Consent API.
	 */
	public static function assumes_consent(): bool {
		return '1' === self::text( 'assume_consent' );
	}

	/**
	 * Whether pages send anything.
	 */
	public static function sends_pages(): bool {
		return '' !== self::address() && '' !== self::publishable_key();
	}

	/**
	 * Whether the server sends anything.
	 */
	public static function sends_from_server(): bool {
		return '' !== self::address() && '' !== self::secret_key();
	}

	/**
	 * One setting as text; empty where it isn't set.
	 *
	 * @param string $name The setting.
	 */
	private static function text( string $name ): string {
		$all = get_option( self::OPTION, array() );
		return is_array( $all ) && isset( $all[ $name ] ) && is_string( $all[ $name ] ) ? $all[ $name ] : '';
	}

	/**
	 * An address as it is kept: http or https, without what people paste behind it.
	 *
	 * @param mixed $typed What was typed.
	 * @return string Empty where it is no address.
	 */
	public static function clean_address( $typed ): string {
		$address = esc_url_raw( trim( is_string( $typed ) ? $typed : '' ), array( 'http', 'https' ) );
		$parts   = wp_parse_url( $address );
		if ( empty( $parts['scheme'] ) || empty( $parts['host'] ) || isset( $parts['user'] ) ) {
			return '';
		}
		$port = isset( $parts['port'] ) ? ':' . $parts['port'] : '';
		$path = isset( $parts['path'] ) ? preg_replace( '#/+(v1(/interactions)?/*)?\z#', '', $parts['path'] ) : '';
		return $parts['scheme'] . '://' . $parts['host'] . $port . $path;
	}

	/**
	 * A key as it is kept.
	 *
	 * @param mixed  $typed What was typed.
	 * @param string $kind  "sk" for a secret key, "pk" for a publishable one.
	 * @return string Empty where it is no key of this kind.
	 */
	public static function clean_key( $typed, string $kind ): string {
		$key = sanitize_text_field( is_string( $typed ) ? $typed : '' );
		return preg_match( self::KEY, $key, $found ) && $kind === $found[1] ? $key : '';
	}
}
