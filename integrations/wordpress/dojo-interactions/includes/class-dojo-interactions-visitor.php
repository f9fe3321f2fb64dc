<?php
/**
 * Who the visitor is.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * The visitor's id. A script sets the cookie, as the page itself may come from a cache.
 */
final class Dojo_Interactions_Visitor {

	const COOKIE = 'dojo_visitor';

	/**
	 * The visitor's id; empty without consent or cookie.
	 */
	public static function id(): string {
		if ( ! isset( $_COOKIE[ self::COOKIE ] ) || ! Dojo_Interactions_Consent::is_given() ) {
			return '';
		}
		$id = sanitize_text_field( wp_unslash( $_COOKIE[ self::COOKIE ] ) );
		return preg_match( '/\A[0-9a-f-]{36}\z/', $id ) ? $id : '';
	}

	/**
	 * Ends the cookie, so that whoever uses the device next is somebody else.
	 */
	public static function forget(): void {
		if ( isset( $_COOKIE[ self::COOKIE ] ) && ! headers_sent() ) {
			setcookie( self::COOKIE, '', time() - YEAR_IN_SECONDS, COOKIEPATH ? COOKIEPATH : '/', (string) COOKIE_DOMAIN );
			unset( $_COOKIE[ self::COOKIE ] );
		}
	}
}
