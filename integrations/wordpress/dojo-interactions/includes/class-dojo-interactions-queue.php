<?php
/**
 * Sends records after the page.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * The records of a request, sent when it is over: by Action Scheduler, which WooCommerce brings, or at once.
 */
final class Dojo_Interactions_Queue {

	const ACTION = 'dojo_interactions_send';
	const GROUP  = 'dojo-interactions';

	/** Action Scheduler takes arguments of up to 8,000 characters as JSON, in which our JSON has its quotes escaped. */
	const MOST_CHARACTERS = 7500;

	/** Seconds before each further try; after the last, records are given up and logged. */
	const WAITS = array( 60, 300, 1800, 7200, 43200, 86400 );

	/**
	 * The records of this request.
	 *
	 * @var array
	 */
	private static $waiting = array();

	/**
	 * Hooks up sending.
	 */
	public static function register(): void {
		Dojo_Interactions_Guard::on( 'shutdown', array( __CLASS__, 'flush' ), 0, 1000 );
		Dojo_Interactions_Guard::on( self::ACTION, array( __CLASS__, 'run' ), 2 );
	}

	/**
	 * Adds a record, which is sent when the request is over.
	 *
	 * @param array $record An interaction in Dojo's own form.
	 */
	public static function add( array $record ): void {
		self::$waiting[] = $record;
	}

	/**
	 * Hands the records over to Action Scheduler, or sends them.
	 */
	public static function flush(): void {
		$records       = self::$waiting;
		self::$waiting = array();
		$left          = array();
		foreach ( $records as $record ) {
			if ( ! self::enqueue( $record ) ) {
				$left[] = $record;
			}
		}
		if ( $left ) {
			self::end_answer();
			Dojo_Interactions_Client::send_without_waiting( $left );
		}
	}

	/**
	 * Sends a record that Action Scheduler kept; one that can't be delivered is tried again later.
	 *
	 * @param string $text  The record as JSON.
	 * @param int    $tries How often it was tried before.
	 */
	public static function run( string $text, int $tries = 0 ): void {
		$record = json_decode( $text, true );
		if ( ! is_array( $record ) || Dojo_Interactions_Client::AGAIN !== Dojo_Interactions_Client::send( array( $record ) ) ) {
			return;
		}
		if ( isset( self::WAITS[ $tries ] ) ) {
			as_schedule_single_action( time() + self::WAITS[ $tries ], self::ACTION, array( $text, $tries + 1 ), self::GROUP );
		} else {
			Dojo_Interactions_Guard::log( 'A record could not be delivered and was given up.' );
		}
	}

	/**
	 * Keeps a record for Action Scheduler.
	 *
	 * @param array $record An interaction.
	 * @return bool Whether it is kept.
	 */
	private static function enqueue( array $record ): bool {
		if ( ! function_exists( 'as_enqueue_async_action' ) || ! function_exists( 'as_schedule_single_action' ) ) {
			return false;
		}
		$arguments = array( wp_json_encode( $record ), 0 );
		if ( strlen( wp_json_encode( $arguments ) ) > self::MOST_CHARACTERS ) {
			return false;
		}
		try {
			return (bool) as_enqueue_async_action( self::ACTION, $arguments, self::GROUP );
		} catch ( Throwable $error ) {
			Dojo_Interactions_Guard::log( 'Action Scheduler took nothing: ' . $error->getMessage() );
			return false;
		}
	}

	/**
	 * Lets the browser go where the server can: nobody waits for Dojo.
	 */
	private static function end_answer(): void {
		if ( function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
		} elseif ( function_exists( 'litespeed_finish_request' ) ) {
			litespeed_finish_request();
		}
	}
}
